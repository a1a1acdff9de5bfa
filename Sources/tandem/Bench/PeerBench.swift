import Foundation
import QuantumCircuit

/// Other simulators on the same work: a Python script in an environment of its own.
enum PeerBench {
    static let folder = "fixtures/quantum/peers"

    /// A line that the script prints.
    struct Result: Decodable {
        let work: String
        let qubits: Int
        let peer: String
        let rate: Double
        /// The largest difference of a number from Tandem's.
        let difference: Double
        let agrees: Bool
    }

    private struct File: Encodable {
        let works: [Item]
    }

    private struct Item: Encodable {
        struct Gate: Encodable {
            let gate: String
            let qubits: [Int]
            /// Indices into a record's angles.
            let angles: [Int]
        }

        let work: String
        let kind: String
        let qubits: Int
        let operations: [Gate]
        let angles: [[Double]]
        let inputs: [[Double]]
        let strings: [UInt32]
        let expected: [[Double]]
        let shots: Int
        let repetitions: Int
        let seconds: Double
    }

    /// - Parameter environment: a Python environment; made with the script's requirements if it is
    ///   not there.
    /// - Throws: `CommandFailure` when the environment cannot be made or the script fails.
    static func measure(
        _ works: [(work: QuantumWork, outcome: QuantumBench.Outcome)], environment: String,
        seconds: Double
    ) throws -> [Result] {
        let script = try SourceFiles.find("\(folder)/peers.py")
        let python = try interpreter(environment, beside: script)
        let file = FileManager.default.temporaryDirectory
            .appending(path: "tandem-peers-\(ProcessInfo.processInfo.processIdentifier).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let items = works.map { item($0.work, $0.outcome, seconds) }
        try JSONEncoder().encode(File(works: items)).write(to: file)
        let output = try run(python, [script, file.path(percentEncoded: false)])
        return try output.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Result.self, from: $0)
        }
    }

    private static func item(
        _ work: QuantumWork, _ outcome: QuantumBench.Outcome, _ seconds: Double
    ) -> Item {
        var expressions: [ParameterExpression] = []
        let operations = work.circuit.operations.map { operation in
            let first = expressions.count
            expressions += operation.gate.angles
            return Item.Gate(
                gate: operation.gate.name, qubits: operation.qubits,
                angles: Array(first..<expressions.count))
        }
        // A kernel needs every record; rates of other work need only a batch of them.
        let records = work.kind == .kernel ? work.records : min(work.records, 256)
        let width = work.circuit.parameters
        let rows = (0..<records).map { Array(work.inputs[$0 * width..<($0 + 1) * width]) }
        return Item(
            work: work.name, kind: work.kind.rawValue, qubits: work.circuit.qubits,
            operations: operations,
            angles: rows.map { row in expressions.map { $0.evaluate(row) } },
            inputs: rows, strings: work.strings.map(\.mask), expected: outcome.sample,
            shots: work.shots, repetitions: work.repetitions, seconds: seconds)
    }

    private static func interpreter(_ environment: String, beside script: String) throws -> String {
        let python = environment + "/bin/python"
        if FileManager.default.isExecutableFile(atPath: python) { return python }
        Console.note("making \(environment) with the libraries of \(folder)/requirements.txt")
        let requirements = URL(filePath: script).deletingLastPathComponent()
            .appending(path: "requirements.txt").path(percentEncoded: false)
        _ = try run("/usr/bin/env", ["python3", "-m", "venv", environment])
        _ = try run(python, ["-m", "pip", "install", "--quiet", "-r", requirements])
        return python
    }

    private static func run(_ command: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        process.standardOutput = output
        do {
            try process.run()
        } catch {
            throw CommandFailure("cannot run '\(command)': \(error.localizedDescription)")
        }
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = ([command] + arguments).joined(separator: " ")
            throw CommandFailure("'\(words)' ended with status \(process.terminationStatus)")
        }
        return data
    }
}
