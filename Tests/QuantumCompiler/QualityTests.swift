import Foundation
import QuantumCircuit
import QuantumCompiler
import TestSupport
import Testing

/// fixtures/quantum/compiler.json, made by make_compiler.py.
struct TranspilerGolden: Decodable {
    struct Size: Decodable {
        let twoQubitGates: Int
        let depth: Int
    }

    struct Levels: Decodable {
        let level1: Size
        let level3: Size
    }

    struct Case: Decodable {
        let name: String
        let qasm: String
        let targets: [String: Levels]
    }

    let cases: [Case]

    static func load() throws -> TranspilerGolden {
        let data = try Data(
            contentsOf: Repository.root.appending(path: "fixtures/quantum/compiler.json"))
        return try JSONDecoder().decode(TranspilerGolden.self, from: data)
    }
}

@Suite("Next to Qiskit's transpiler, a compiled circuit")
struct QualityTests {
    /// Two-qubit gates and depth of one circuit on one target, by three compilers.
    private struct Row {
        let name: String
        let target: String
        let ours: CircuitSize
        let levels: TranspilerGolden.Levels
    }

    private static func rows() throws -> [Row] {
        var rows: [Row] = []
        for entry in try TranspilerGolden.load().cases {
            let source = try Circuit(openQASM: entry.qasm)
            for (name, levels) in entry.targets.sorted(by: { $0.key < $1.key }) {
                let target = try DeviceTarget.named(name)
                let compiled = try Compiler(attempts: 8).compile(source, for: target)
                rows.append(
                    Row(
                        name: entry.name, target: name, ours: CircuitSize(compiled.circuit),
                        levels: levels))
            }
        }
        return rows
    }

    @Test("never has more two-qubit gates than level 1, and on the whole fewer than level 3")
    func counts() throws {
        let rows = try Self.rows()
        #expect(rows.count >= 80)
        for row in rows {
            #expect(
                row.ours.twoQubitGates <= row.levels.level1.twoQubitGates,
                "\(row.name) on \(row.target)")
        }
        let ours = rows.reduce(0) { $0 + $1.ours.twoQubitGates }
        let level3 = rows.reduce(0) { $0 + $1.levels.level3.twoQubitGates }
        #expect(ours <= level3, "\(ours) against \(level3)")
        let depth = rows.reduce(0) { $0 + $1.ours.depth }
        let depth1 = rows.reduce(0) { $0 + $1.levels.level1.depth }
        #expect(depth <= depth1, "\(depth) against \(depth1)")
    }
}
