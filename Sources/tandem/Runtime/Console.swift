import Foundation
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

/// Forwards librdkafka's lines to standard error: once per text and minute, so that a broker that
/// is down for an hour does not fill the screen.
final class KafkaMessages: Sendable {
    private let seen = Mutex<[String: Date]>([:])
    private let muted = StopFlag()

    func mute() { muted.raise() }

    func callAsFunction(_ level: Int, _ line: String) {
        // 0 emergency … 4 warning; info and debug are for librdkafka's own `debug` property.
        guard level <= 4, !muted.isRaised else { return }
        let isNews = seen.withLock { seen in
            let now = Date()
            if let last = seen[line], now.timeIntervalSince(last) < 60 { return false }
            if seen.count > 1_000 { seen.removeAll() }
            seen[line] = now
            return true
        }
        if isNews { Console.note("kafka: \(line)") }
    }
}
