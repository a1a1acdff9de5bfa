import Foundation
import Synchronization

/// A `tandem` in a process of its own.
///
/// Nothing is polled: threads that read its pipes, and its end, wake those who wait. What is mutable is behind the
/// mutex; the process is set up before it starts and only asked for its identifier afterwards.
final class RunningCommand: @unchecked Sendable {
    private struct Waiter {
        let isSatisfied: @Sendable (CommandSnapshot) -> Bool
        let continuation: CheckedContinuation<CommandSnapshot, Never>
    }
    private struct State {
        var snapshot = CommandSnapshot()
        var waiters: [Waiter] = []
    }

    let arguments: [String]
    private let process = Process()
    private let state = Mutex(State())

    /// Starts `tandem` in the folder with the sources.
    ///
    /// - Parameters:
    ///   - executable: another program than `tandem`.
    ///   - limit: seconds after which it is killed, so that every wait ends.
    init(
        _ arguments: [String], executable: URL = BuildFolder.tandem, limit: Double = 60
    ) throws {
        self.arguments = arguments
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = BuildFolder.sources
        process.environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("TANDEM_")
        }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.terminationHandler = { [self] process in
            let status = process.terminationStatus
            let code = process.terminationReason == .exit ? status : 128 + status
            change { $0.exitCode = code }
        }
        try process.run()
        read(output.fileHandleForReading, .output)
        read(errors.fileHandleForReading, .errors)
        DispatchQueue.global().asyncAfter(deadline: .now() + limit) { [weak self] in
            self?.kill()
        }
    }

    private func read(_ handle: FileHandle, _ channel: CommandSnapshot.Channel) {
        let box = HandleBox(handle: handle)
        let thread = Thread { [self] in
            while case let data = box.handle.availableData, !data.isEmpty {
                change { $0.append(data, to: channel) }
            }
            change { $0.close(channel) }
        }
        thread.start()
    }

    private func change(_ body: (inout CommandSnapshot) -> Void) {
        let (snapshot, satisfied) = state.withLock { state in
            body(&state.snapshot)
            let snapshot = state.snapshot
            let isSatisfied = { (waiter: Waiter) in
                snapshot.isOver || waiter.isSatisfied(snapshot)
            }
            let satisfied = state.waiters.filter(isSatisfied)
            state.waiters.removeAll(where: isSatisfied)
            return (snapshot, satisfied)
        }
        for waiter in satisfied { waiter.continuation.resume(returning: snapshot) }
    }

    /// Waits until the condition holds or the command is over, whichever comes first.
    @discardableResult
    func wait(
        until isSatisfied: @escaping @Sendable (CommandSnapshot) -> Bool
    ) async -> CommandSnapshot {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> CommandSnapshot? in
                if state.snapshot.isOver || isSatisfied(state.snapshot) { return state.snapshot }
                state.waiters.append(
                    Waiter(isSatisfied: isSatisfied, continuation: continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// Waits for a line of standard error that contains the text.
    func errorLine(containing text: String) async throws -> String {
        let snapshot = await wait { $0.lines(.errors).contains { $0.contains(text) } }
        guard let line = snapshot.lines(.errors).first(where: { $0.contains(text) }) else {
            throw UnexpectedEnd(arguments: arguments, awaited: text, snapshot: snapshot)
        }
        return String(line)
    }

    /// Waits for so many lines of standard output.
    func outputLines(_ count: Int) async throws -> [String] {
        let snapshot = await wait { $0.lines(.output).count >= count }
        guard snapshot.lines(.output).count >= count else {
            throw UnexpectedEnd(
                arguments: arguments, awaited: "\(count) lines", snapshot: snapshot)
        }
        return snapshot.lines(.output).map(String.init)
    }

    /// Waits until the process has ended and both pipes are read.
    func end() async -> CommandSnapshot { await wait { $0.isOver } }

    func send(_ signal: Int32) {
        // Before its end is known its identifier is still its own.
        state.withLock { state in
            if state.snapshot.exitCode == nil { _ = Glibc.kill(process.processIdentifier, signal) }
        }
    }

    private func kill() {
        state.withLock { state in
            guard state.snapshot.exitCode == nil else { return }
            state.snapshot.ranOutOfTime = true
            _ = Glibc.kill(process.processIdentifier, SIGKILL)
        }
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], limit: Double = 60) async throws -> CommandSnapshot {
        try await RunningCommand(arguments, limit: limit).end()
    }
}

/// Hands a pipe to the one thread that reads it.
private struct HandleBox: @unchecked Sendable {
    let handle: FileHandle
}

/// A command that ended before what a test waited for.
struct UnexpectedEnd: Error, CustomStringConvertible {
    let arguments: [String]
    let awaited: String
    let snapshot: CommandSnapshot

    var description: String {
        """
        tandem \(arguments.joined(separator: " ")) ended (\(snapshot.exitCode ?? -1)) before \
        '\(awaited)'; standard error: \(snapshot.text(.errors).suffix(1_000))
        """
    }
}
