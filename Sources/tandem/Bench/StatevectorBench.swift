import Determinism
import Foundation
import QuantumCircuit
import QuantumSimulator

/// One large state: random gates, the Fourier transform and quantum volume, circuits a second.
///
/// Fusion and planning are inside the measured time; circuits are made before it.
enum StatevectorBench {
    /// Raw values are names in the table.
    enum Work: String, CaseIterable {
        case random
        case qft = "QFT"
        case quantumVolume = "quantum volume"
    }

    static func measure(
        _ work: Work, qubits: Int, precision: StatevectorSimulator.Precision, threads: Int,
        seconds: Double
    ) throws -> BenchOutcome {
        let circuit = try circuit(work, qubits: qubits)
        let simulator = StatevectorSimulator(precision: precision, threads: threads)
        let traffic = try simulator.plan(circuit).stateTraffic
        var checksum = 0.0
        let rate = try BenchTimer.rate(seconds: seconds, pieces: 1) {
            let state = try simulator.run(circuit)
            checksum += try state.amplitude(0).re
        }
        precondition(checksum.isFinite)
        let state = try simulator.run(circuit)
        let scale = Double(1 << qubits).squareRoot()
        let sample = try compared(qubits: qubits).map { index in
            let amplitude = try state.amplitude(index)
            return [scale * amplitude.re, scale * amplitude.im]
        }
        return BenchOutcome(
            rate: rate, sample: sample, stateBytesPerSecond: rate * Double(traffic))
    }

    /// Indices of the amplitudes that peers must find: spread by a large odd step, all distinct.
    static func compared(qubits: Int) -> [Int] {
        (0..<256).map { $0 * 1_000_003 & (1 << qubits - 1) }
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

    /// Of the basis state 0101…01, whose transform shows every phase; |0…0⟩ shows none.
    private static func fourier(qubits: Int) throws -> Circuit {
        var circuit = try Circuit(qubits: qubits)
        for qubit in stride(from: 0, to: qubits, by: 2) { try circuit.append(.x, qubit) }
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
}
