import Determinism
import Foundation
import KafkaTransport
import Synchronization
import Terminal

/// What the command prints where: results to standard output, progress and logs to standard error.
enum Console {
    /// Style of standard output and of standard error.
    static let outputStyle = style(of: STDOUT_FILENO)
    static let errorStyle = style(of: STDERR_FILENO)
    static let isInteractive = isatty(STDERR_FILENO) == 1

    private static let progress = Mutex(false)

    static func print(_ text: String) {
        write(text + "\n", to: FileHandle.standardOutput)
    }

    /// One line about what goes on, over a progress line if there is one.
    static func note(_ text: String) {
        progress.withLock { isOpen in
            write((isOpen ? "\r\u{1B}[2K" : "") + text + "\n", to: FileHandle.standardError)
            isOpen = false
        }
    }

    /// Overwrites the progress line; does nothing when standard error is not a terminal.
    static func progress(_ text: String) {
        guard isInteractive else { return }
        progress.withLock { isOpen in
            write("\r" + text, to: FileHandle.standardError)
            isOpen = true
        }
    }

    static func endProgress() {
        progress.withLock { isOpen in
            if isOpen { write("\r\u{1B}[2K", to: FileHandle.standardError) }
            isOpen = false
        }
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that went away (`tandem watch | head`) ends the command through SIGPIPE.
        handle.write(Data(text.utf8))
    }

    private static func style(of descriptor: Int32) -> Style {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
            .first { !$0.isEmpty }
        return Style.decide(
            isTerminal: isatty(descriptor) == 1, noColor: environment["NO_COLOR"],
            term: environment["TERM"], locale: locale)
    }
}

/// Forwards librdkafka's lines to standard error, each text once a minute.
final class KafkaMessages: Sendable {
    private let filter = Mutex(KafkaLogFilter())
    private let muted = StopFlag()
    private let time = SystemTimeSource()

    func mute() { muted.raise() }

    func callAsFunction(_ level: Int, _ line: String) {
        guard !muted.isRaised else { return }
        let now = time.now()
        let shown = filter.withLock { $0.shown(level: level, line: line, now: now) }
        if let shown { Console.note("kafka: \(shown)") }
    }
}
