public import QuantumCircuit

extension OutcomeDistribution {
    /// The distribution by the engine that fits the circuit.
    ///
    /// Circuits that measure at the end only run on the fused simulator, to 26 qubits; those that
    /// measure or reset in the middle split the run on a plain state, to
    /// `DenseStatevector.maximumQubits`.
    ///
    /// - Parameters:
    ///   - circuit: bound.
    ///   - threads: of the fused simulator; the result does not depend on it.
    /// - Throws: `SimulationError`, or the fused simulator's `StatevectorError`.
    public init(of circuit: Circuit, threads: Int) throws {
        guard circuit.isBound else {
            throw SimulationError.unboundParameters(circuit.parameters)
        }
        guard let qubitOfBit = Self.finalMeasurements(circuit) else {
            try self.init(of: circuit, on: DenseStatevector.self)
            return
        }
        let sources = qubitOfBit.isEmpty ? Array(0..<circuit.qubits) : qubitOfBit.keys.sorted()
        guard sources.count <= DenseStatevector.maximumQubits else {
            throw SimulationError.tooManyQubits(
                sources.count, limit: DenseStatevector.maximumQubits)
        }
        // All that the largest state it takes needs: what the machine has not is refused there.
        let simulator = StatevectorSimulator(
            threads: threads, memoryLimit: 16 << StatevectorSimulator.Precision.double.maximumQubits
        )
        let state = try simulator.run(circuit)
        self.init(
            sources: sources,
            probabilities: try state.probabilities(of: sources.map { qubitOfBit[$0] ?? $0 }))
    }

    /// The qubit that each measured bit reads; nil if a qubit is used after its measurement or
    /// reset, read twice, or a bit is written twice.
    private static func finalMeasurements(_ circuit: Circuit) -> [Int: Int]? {
        var qubitOfBit: [Int: Int] = [:]
        var ended: Set<Int> = []
        for operation in circuit.operations {
            switch operation.gate {
            case .barrier: continue
            case .reset: return nil
            case .measure(let bit):
                guard ended.insert(operation.qubits[0]).inserted,
                    qubitOfBit.updateValue(operation.qubits[0], forKey: bit) == nil
                else { return nil }
            default:
                guard ended.isDisjoint(with: operation.qubits) else { return nil }
            }
        }
        return qubitOfBit
    }
}
