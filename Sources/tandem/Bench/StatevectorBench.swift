import Determinism
import Foundation
import QuantumCircuit
import QuantumSimulator

/// One large state: random gates, the Fourier transform and quantum volume, circuits a second.
///
/// Fusion and planning are inside the measured time; circuits are made before it.
enum StatevectorBench {
    struct Row: Encodable {
        let work: String
        let qubits: Int
        let threads: Int
        /// Circuits a second.
        let rate: Double
        /// Bytes a second that the passes read and wrote; beside `triad`, what memory allows.
        let stateBytesPerSecond: Double
    }

    enum Work: String, CaseIterable {
        case random
        case qft
        case quantumVolume = "quantum-volume"
    }

    static func measure(
        _ work: Work, qubits: Int, precision: StatevectorSimulator.Precision, threads: Int,
        seconds: Double
    ) throws -> Row {
        let circuit = try circuit(work, qubits: qubits)
        let simulator = StatevectorSimulator(precision: precision, threads: threads)
        let traffic = try simulator.plan(circuit).stateTraffic
        var (runs, checksum) = (0, 0.0)
        _ = try simulator.run(circuit)
        let begin = Date()
        repeat {
            let state = try simulator.run(circuit)
            checksum += try state.amplitude(0).re
            runs += 1
        } while Date().timeIntervalSince(begin) < seconds
        let rate = Double(runs) / Date().timeIntervalSince(begin)
        precondition(checksum.isFinite)
        return Row(
            work: name(work, precision), qubits: qubits, threads: threads, rate: rate,
            stateBytesPerSecond: rate * Double(traffic))
    }

    static func name(_ work: Work, _ precision: StatevectorSimulator.Precision) -> String {
        "statevector-\(work.rawValue)-\(precision == .double ? "double" : "single")"
    }

    static func circuit(_ work: Work, qubits: Int) throws -> Circuit {
        switch work {
        case .random: try random(qubits: qubits)
        case .qft: try fourier(qubits: qubits)
        case .quantumVolume: try quantumVolume(qubits: qubits)
        }
    }

    /// 20 layers: a random U on each qubit, then CX along a brick wall; 590 gates on 20 qubits.
    private static func random(qubits: Int) throws -> Circuit {
        var random = RandomStream(seed: 7)
        var circuit = try Circuit(qubits: qubits)
        for layer in 0..<20 {
            for qubit in 0..<qubits {
                let angles = (0..<3).map { _ in
                    ParameterExpression.constant(random.uniform() * 2 * .pi)
                }
                try circuit.append(.u(angles[0], angles[1], angles[2]), qubit)
            }
            for qubit in stride(from: layer % 2, to: qubits - 1, by: 2) {
                try circuit.append(.cx, qubit, qubit + 1)
            }
        }
        return circuit
    }

    private static func fourier(qubits: Int) throws -> Circuit {
        var circuit = try Circuit(qubits: qubits)
        for target in (0..<qubits).reversed() {
            try circuit.append(.h, target)
            for control in (0..<target).reversed() {
                let angle = Double.pi / Double(1 << (target - control))
                try circuit.append(.cp(.constant(angle)), control, target)
            }
        }
        for qubit in 0..<qubits / 2 { try circuit.append(.swap, qubit, qubits - 1 - qubit) }
        return circuit
    }

    /// As many layers as qubits, each a random pairing with a Haar-random unitary on every pair.
    private static func quantumVolume(qubits: Int) throws -> Circuit {
        var random = RandomStream(seed: 8)
        var circuit = try Circuit(qubits: qubits)
        for _ in 0..<qubits {
            let order = (0..<qubits).shuffled(using: &random)
            for pair in 0..<qubits / 2 {
                let unitary = try haarRandom(&random)
                try circuit.append(
                    Operation(.unitary(unitary), [order[2 * pair], order[2 * pair + 1]]))
            }
        }
        return circuit
    }

    /// Gram–Schmidt on Gaussian rows.
    private static func haarRandom(_ random: inout RandomStream) throws -> UnitaryMatrix {
        func normal() -> Double {
            (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
        }
        var rows: [[Complex]] = []
        while rows.count < 4 {
            var row = (0..<4).map { _ in Complex(normal(), normal()) }
            for previous in rows + rows {
                let overlap = zip(previous, row).reduce(.zero) { $0 + $1.0.conjugate * $1.1 }
                row = zip(row, previous).map { $0 - overlap * $1 }
            }
            let norm = row.reduce(0) { $0 + $1.normSquared }.squareRoot()
            rows.append(row.map { (1 / norm) * $0 })
        }
        return try UnitaryMatrix(ComplexMatrix(rows: rows))
    }

    /// STREAM triad, `a = b + s·c` over arrays far larger than the caches: bytes a second.
    static func triad() -> Double {
        let count = 1 << 24
        var a = [Double](repeating: 0, count: count)
        let (b, c) = ([Double](repeating: 1, count: count), [Double](repeating: 2, count: count))
        var best = 0.0
        for round in 0..<5 {
            let begin = Date()
            let scale = Double(round)
            unsafe a.withUnsafeMutableBufferPointer { target in
                for index in 0..<count { unsafe target[index] = b[index] + scale * c[index] }
            }
            best = max(best, Double(count * 24) / Date().timeIntervalSince(begin))
        }
        precondition(a[count / 2] == 9)
        return best
    }
}
