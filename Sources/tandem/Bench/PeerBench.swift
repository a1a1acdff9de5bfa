import Foundation

/// Other simulators on the same work: a Python script that answers one piece of work after another,
/// so that both sides of a ratio are measured within seconds of each other.
final class PeerBench {
    static let folder = "fixtures/quantum/peers"

    /// A peer on one piece of work.
    struct Result: Decodable {
        let peer: String
        var rate: Double?
        /// The largest difference of a number from Tandem's; standard errors for sampled means.
        var difference: Double?
        var tolerance: Double?
        /// Why there is no rate.
        var error: String?

        /// Not so when a difference is no number.
        var agrees: Bool { (difference ?? .infinity) <= (tolerance ?? 0) }
    }

    private struct Answer: Decodable {
        let done: Bool?
    }

    private struct Greeting: Decodable {
        let missing: [String: String]
    }

    /// Peers that cannot be measured here, each in a line that says why.
    let absent: [String]
    private let process = Process()
    private let requests: FileHandle
    private let answers: FileHandle
    private var buffer = Data()

    /// Starts the script; makes its environment first if need be.
    ///
    /// - Parameter environment: a Python environment; nil for the one in the user's cache.
    /// - Throws: `CommandFailure` when the environment cannot be made or the script does not start.
    init(environment: String?) throws {
        let script = try SourceFiles.find("\(Self.folder)/peers.py")
        let requirements = try SourceFiles.find("\(Self.folder)/requirements.txt")
        let prepared = try PeerEnvironment.prepare(
            environment ?? PeerEnvironment.defaultFolder, requirements: requirements)
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: prepared.python)
        process.arguments = ["-B", script]
        process.standardInput = input
        process.standardOutput = output
        requests = input.fileHandleForWriting
        answers = output.fileHandleForReading
        do {
            try process.run()
        } catch {
            throw CommandFailure(
                "cannot run '\(prepared.python)': \(error.localizedDescription)")
        }
        var buffer = Data()
        let line = try Self.line(from: answers, &buffer, process)
        self.buffer = buffer
        let greeting = try JSONDecoder().decode(Greeting.self, from: line)
        let failed = prepared.missing.map {
            "\($0.requirement) could not be installed: \($0.reason)"
        }
        // What was not installed is not said twice.
        let broken = greeting.missing.filter { name, _ in
            !prepared.missing.contains { $0.requirement.contains(name) }
        }
        absent =
            failed
            + broken.sorted { $0.key < $1.key }.map { "\($0.key) cannot be imported: \($0.value)" }
    }

    deinit {
        // The script ends with its input.
        try? requests.close()
        process.waitUntilExit()
    }

    /// Every peer that has an interface for a piece of work, one thread each.
    func measure(_ work: PeerWork) throws -> [Result] {
        try requests.write(contentsOf: JSONEncoder().encode(work) + [UInt8(ascii: "\n")])
        var results: [Result] = []
        while true {
            let line = try Self.line(from: answers, &buffer, process)
            if try JSONDecoder().decode(Answer.self, from: line).done == true { return results }
            results.append(try JSONDecoder().decode(Result.self, from: line))
        }
    }

    /// The next line that the script prints.
    private static func line(
        from handle: FileHandle, _ buffer: inout Data, _ process: Process
    ) throws -> Data {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return buffer[..<end]
            }
            let more = handle.availableData
            guard !more.isEmpty else {
                process.waitUntilExit()
                throw CommandFailure(
                    "the peers' script ended with status \(process.terminationStatus)")
            }
            buffer += more
        }
    }
}
