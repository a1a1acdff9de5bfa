public import QuantumCircuit

/// Values and derivatives of one observable for a batch of parameter vectors, row-major; reuse one
/// value to avoid allocation.
public struct GradientBatch: Hashable, Sendable {
    /// The observable's expectation value, one per record.
    public internal(set) var values: [Double] = []
    /// count × wanted parameters.
    public internal(set) var gradients: [Double] = []

    public init() {}
}

/// `AdjointGradients` on several threads.
///
/// Results do not depend on the number of workers, bit for bit: each record's are found alone, and
/// nothing is summed over records.
public final class GradientTeam: Sendable {
    public let plan: SimulationPlan
    /// The parameters whose derivatives are found.
    public let wanted: Range<Int>
    private let team: WorkTeam<Member>

    private struct Member: ~Copyable {
        var adjoint: AdjointGradients
        /// Results of one run, kept for the next.
        var part = GradientBatch()
    }

    /// - Parameters:
    ///   - circuit: a template; inputs and weights are parameters alike.
    ///   - observable: on the circuit's qubits; `evaluate` takes others of its kind.
    ///   - wanted: the parameters to differentiate by, such as an ansatz' weights; nil for all.
    ///   - workers: threads, the caller's among them.
    /// - Throws: `.workers`, or what `AdjointGradients` throws.
    public init(
        _ circuit: Circuit, _ observable: PauliSum, wanted: Range<Int>? = nil, workers: Int
    ) throws(SimulationError) {
        guard BatchTeam.workerLimits.contains(workers) else {
            throw .workers(workers, allowed: BatchTeam.workerLimits)
        }
        let plan = try AdjointGradients.plan(circuit, observable)
        var seats: [WorkTeam<Member>.Seat] = []
        for _ in 0..<workers {
            let adjoint = try AdjointGradients(
                plan, observable, wanted: wanted, kernels: .vectorised)
            seats.append(WorkTeam.Seat(Member(adjoint: adjoint)))
        }
        self.plan = plan
        self.wanted = wanted ?? 0..<plan.parameters
        team = WorkTeam(seats)
    }

    public var workers: Int { team.workers }

    /// Values and gradients of a batch.
    ///
    /// - Parameters:
    ///   - observable: diagonal if the first one was.
    ///   - parameters: row-major count × `plan.parameters`, finite.
    /// - Throws: as `AdjointGradients.observe` and `evaluate`; then `output` is of no use.
    public func evaluate(
        _ observable: PauliSum, parameters: [Double], count: Int, into output: inout GradientBatch
    ) throws(SimulationError) {
        try BatchTeam.check(parameters, count, plan)
        output.values.fit(count)
        output.gradients.fit(count * wanted.count)
        try team.share(
            parameters, width: plan.parameters, count, &output, empty: GradientBatch()
        ) { member, rows, run, shared throws(SimulationError) in
            if member.adjoint.observable != observable { try member.adjoint.observe(observable) }
            try member.adjoint.evaluate(
                parameters: rows, count: run.count, values: &member.part.values,
                into: &member.part.gradients)
            shared.update {
                $0.values.fill(run, from: member.part.values)
                $0.gradients.fill(run, from: member.part.gradients)
            }
        }
    }
}
