import Foundation

/// What is known of a command so far.
struct CommandSnapshot: Sendable {
    enum Channel: Int, Sendable { case output, errors }

    private var bytes = [Data(), Data()]
    private var openPipes = 2
    /// The exit code; 128 and the signal for a process that a signal ended.
    var exitCode: Int32?
    /// The test's time limit killed it.
    var ranOutOfTime = false

    /// Nothing more will become known.
    var isOver: Bool { exitCode != nil && openPipes == 0 }

    mutating func append(_ data: Data, to channel: Channel) { bytes[channel.rawValue] += data }

    mutating func close(_ channel: Channel) { openPipes -= 1 }

    func data(_ channel: Channel) -> Data { bytes[channel.rawValue] }

    func text(_ channel: Channel) -> String {
        String(decoding: bytes[channel.rawValue], as: UTF8.self)
    }

    /// The lines that a line feed ends.
    func lines(_ channel: Channel) -> [Substring] {
        let text = text(channel)
        let lines = text.split(separator: "\n")
        return text.isEmpty || text.hasSuffix("\n") ? lines : lines.dropLast()
    }

    /// The first words of standard error that a user needs, for a test's failure message.
    var trouble: String {
        (ranOutOfTime ? "ran out of time; " : "") + text(.errors).suffix(600)
    }
}
