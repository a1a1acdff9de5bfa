public import Models
internal import QuantumCircuit
internal import QuantumSimulator

/// What training a model asks of the simulator, on several threads.
///
/// Exact values; the same bits whatever the number of threads. Not shared between threads itself.
public final class CircuitEvaluation {
    private let workers: Int
    /// The last ansatz' circuit, compiled once for all its weights.
    private var compiled: (structure: CircuitSpecification, team: GradientTeam)?
    private var batch = GradientBatch()

    /// - Parameter workers: threads, 1…256.
    public init(workers: Int = 1) { self.workers = workers }

    /// Exact ⟨Zᵢ⟩ and ⟨ZᵢZⱼ⟩ of every record: as `Trainer.QuantumFeatures`.
    ///
    /// - Throws: `CircuitError` or `SimulationError`.
    public func expectations(
        _ angles: [Double], _ count: Int, _ specification: CircuitSpecification
    ) throws -> [Double] {
        let circuit = try CircuitTemplates.circuit(for: specification)
        let team = try BatchTeam(SimulationPlan.compile(circuit), workers: workers)
        let readout = try ZReadout(
            qubits: circuit.qubits, strings: CircuitTemplates.strings(qubits: circuit.qubits))
        var estimates = ZEstimates()
        try team.estimate(readout, parameters: angles, count: count, into: &estimates)
        return estimates.expectations
    }

    /// Σ weightₖ⟨Sₖ⟩ of every record and its derivatives by the ansatz' weights: as
    /// `Trainer.QuantumGradients`.
    ///
    /// - Throws: `CircuitError`, `ObservableError` or `SimulationError`.
    public func gradients(
        _ angles: [Double], _ count: Int, _ specification: CircuitSpecification,
        _ weights: [Double]
    ) throws -> (values: [Double], gradients: [Double]) {
        let qubits = specification.qubits
        let terms = zip(CircuitTemplates.strings(qubits: qubits), weights).map { string, weight in
            PauliSum.Term(weight, PauliString(string))
        }
        let observable = try PauliSum(qubits: qubits, terms: terms)
        let team = try team(specification, observable)
        let ansatz = specification.ansatz?.weights ?? []
        var parameters: [Double] = []
        parameters.reserveCapacity(count * (qubits + ansatz.count))
        for record in 0..<count {
            parameters += angles[record * qubits..<(record + 1) * qubits]
            parameters += ansatz
        }
        try team.evaluate(observable, parameters: parameters, count: count, into: &batch)
        return (batch.values, batch.gradients)
    }

    private func team(
        _ specification: CircuitSpecification, _ observable: PauliSum
    ) throws -> GradientTeam {
        var structure = specification
        structure.ansatz?.weights = []
        if let compiled, compiled.structure == structure { return compiled.team }
        let circuit = try CircuitTemplates.trainableCircuit(for: specification)
        let team = try GradientTeam(
            circuit, observable, wanted: specification.qubits..<circuit.parameters,
            workers: workers)
        compiled = (structure, team)
        return team
    }
}
