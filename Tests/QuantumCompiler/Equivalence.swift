import Determinism
import QuantumCircuit
import QuantumCompiler
import TestSupport

/// How far compiled circuits are from their sources.
enum Equivalence {
    /// The largest difference of an amplitude, up to a global phase, after both act on one
    /// Haar-random state of the source's qubits: equal there means equal as unitaries, for a random
    /// state is no eigenvector of anything but the identity.
    ///
    /// Qubits of the device that neither gates nor source qubits touch are left out.
    static func deviation(
        _ source: Circuit, _ compiled: CompiledCircuit, _ parameters: [Double] = [], seed: UInt64
    ) throws -> Double {
        try deviation(
            source, compiled.circuit, initial: compiled.initialLayout,
            final: compiled.finalLayout, parameters, seed: seed)
    }

    static func deviation(
        _ source: Circuit, _ result: Circuit, initial: [Int], final: [Int],
        _ parameters: [Double] = [], seed: UInt64
    ) throws -> Double {
        let active = Set(result.operations.flatMap(\.qubits) + initial + final).sorted()
        var compact = [Int](repeating: -1, count: result.qubits)
        for (index, qubit) in active.enumerated() { compact[qubit] = index }
        let input = DenseState.haarRandom(qubits: source.qubits, seed: seed)
        var output = input.widened(initial.map { compact[$0] }, to: active.count)
        for operation in result.operations {
            try output.apply(
                Operation(operation.gate, operation.qubits.map { compact[$0] }), parameters)
        }
        var expected = input
        try expected.apply(source, parameters)
        return expected.widened(final.map { compact[$0] }, to: active.count)
            .distanceUpToPhase(to: output)
    }
}

extension DenseState {
    /// The state with qubit q on `places[q]` of more qubits, the others in |0⟩.
    func widened(_ places: [Int], to count: Int) -> DenseState {
        var result = [Complex](repeating: .zero, count: 1 << count)
        for (index, amplitude) in amplitudes.enumerated() {
            let moved = places.indices.reduce(0) { $0 | (index >> $1 & 1) << places[$1] }
            result[moved] = amplitude
        }
        return DenseState(amplitudes: result)
    }
}

/// Circuits with every gate of the closed set.
enum EveryGate {
    /// Each gate once, on random operands in random order, and an arbitrary unitary on one and on
    /// two qubits; affine angles where there are parameters.
    static func circuit(
        qubits: Int, parameters: Int = 0, _ random: inout RandomStream
    ) throws -> Circuit {
        var circuit = try Circuit(qubits: qubits, parameters: parameters)
        var gates = AnyGate.all {
            parameters == 0
                ? .constant(random.uniform(-7...7))
                : .affine(
                    Int.random(in: 0..<parameters, using: &random),
                    scale: random.uniform(-2...2), offset: random.uniform(-3...3))
        }
        for size in 1...2 { gates.append(.unitary(try .haarRandom(qubits: size, &random))) }
        for gate in gates.shuffled(using: &random) where gate.qubitCount <= qubits {
            let operands = (0..<qubits).shuffled(using: &random).prefix(gate.qubitCount)
            try circuit.append(Operation(gate, Array(operands)))
        }
        return circuit
    }
}
