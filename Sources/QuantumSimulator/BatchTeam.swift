import Synchronization
public import QuantumCircuit

/// Several simulators of one plan, one per thread, for batches that are worth sharing.
///
/// Workers take one run of whole blocks after another; results do not depend on how many workers
/// there are nor on who took what, because a record's results do not depend on its place. Memory
/// beside the results is one simulator's and one run's results per worker, whatever the batch. Two
/// callers of a team take turns, run by run.
public final class BatchTeam: Sendable {
    /// More threads than this gain nothing on any machine that we know.
    public static let workerLimits = 1...256
    /// Long enough that taking the next run costs nothing, short enough to be cached.
    private static let recordsPerRun = 256

    public let plan: SimulationPlan
    /// Bytes of all workers' simulators together, whatever the batch.
    public let workspaceBytes: Int
    private let team: WorkTeam<Member>

    private struct Member: ~Copyable {
        var simulator: BatchSimulator
        /// Results of one run, kept for the next.
        var estimates = ZEstimates()
        var values: [Double] = []
        var counts: [UInt32] = []
    }

    /// - Parameters:
    ///   - workers: threads, the caller's among them.
    ///   - path: how exact expectations of Z strings are found.
    /// - Throws: `SimulationError.workers`.
    public init(
        _ plan: SimulationPlan, workers: Int, path: SimulationPath = .automatic
    ) throws(SimulationError) {
        guard Self.workerLimits.contains(workers) else {
            throw .workers(workers, allowed: Self.workerLimits)
        }
        self.plan = plan
        team = WorkTeam(
            (0..<workers).map { _ in
                WorkTeam.Seat(Member(simulator: BatchSimulator(plan, path: path)))
            })
        workspaceBytes = team.seats.reduce(0) {
            $0 + $1.member.withLock { $0.simulator.workspaceBytes }
        }
    }

    public var workers: Int { team.workers }

    /// As `BatchSimulator.estimate`, exact.
    public func estimate(
        _ readout: ZReadout, parameters: [Double], count: Int, into output: inout ZEstimates
    ) throws(SimulationError) {
        try Self.check(parameters, count, plan)
        output.resize(records: count, strings: readout.strings.count)
        try team.share(parameters, width: plan.parameters, count, &output, empty: ZEstimates()) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.estimate(
                readout, parameters: rows, count: run.count, into: &member.estimates)
            shared.update { $0.fill(run, member.estimates) }
        }
    }

    /// As `BatchSimulator.estimate` with shots: the same counts as on one thread.
    public func estimate(
        _ readout: ZReadout, parameters: [Double], count: Int, shots: Int, seeds: [UInt64],
        stream: UInt64 = 0, into output: inout ZEstimates
    ) throws(SimulationError) {
        try Self.check(parameters, count, plan)
        guard seeds.count == count else { throw .seeds(count: seeds.count, expected: count) }
        output.resize(records: count, strings: readout.strings.count)
        try team.share(parameters, width: plan.parameters, count, &output, empty: ZEstimates()) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.estimate(
                readout, parameters: rows, count: run.count, shots: shots,
                seeds: Array(seeds[run]), stream: stream, into: &member.estimates)
            shared.update { $0.fill(run, member.estimates) }
        }
    }

    /// As `BatchSimulator.counts`: the same counts as on one thread.
    public func counts(
        parameters: [Double], count: Int, shots: Int, seeds: [UInt64], stream: UInt64 = 0,
        into output: inout [UInt32]
    ) throws(SimulationError) {
        try Self.check(parameters, count, plan)
        guard seeds.count == count else { throw .seeds(count: seeds.count, expected: count) }
        let states = plan.states
        if output.count != count * states {
            output = [UInt32](repeating: 0, count: count * states)
        }
        try team.share(parameters, width: plan.parameters, count, &output, empty: []) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.counts(
                parameters: rows, count: run.count, shots: shots, seeds: Array(seeds[run]),
                stream: stream, into: &member.counts)
            shared.update { $0.fill(run, from: member.counts) }
        }
    }

    /// As `BatchSimulator.expectations` of observables.
    public func expectations(
        of observables: [PauliSum], parameters: [Double], count: Int, into output: inout [Double]
    ) throws(SimulationError) {
        try Self.check(parameters, count, plan)
        output.fit(count * observables.count)
        try team.share(parameters, width: plan.parameters, count, &output, empty: []) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.expectations(
                of: observables, parameters: rows, count: run.count, into: &member.values)
            shared.update { $0.fill(run, from: member.values) }
        }
    }

    /// Records of each run: whole blocks, and at least four runs per worker where there are enough.
    static func runs(_ count: Int, workers: Int) -> [Range<Int>] {
        let lanes = BatchSimulator.lanes
        let share = (count + 4 * workers - 1) / (4 * workers)
        let size = min((share + lanes - 1) / lanes * lanes, recordsPerRun)
        return size == 0
            ? [] : stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    static func check(
        _ parameters: [Double], _ count: Int, _ plan: SimulationPlan
    ) throws(SimulationError) {
        let expected = count * plan.parameters
        guard count >= 0, parameters.count == expected else {
            throw .parameterValues(count: parameters.count, expected: expected)
        }
        if let index = parameters.firstNonFinite {
            throw .nonFiniteParameter(
                record: index / plan.parameters, parameter: index % plan.parameters)
        }
    }
}

extension ZEstimates {
    fileprivate mutating func fill(_ run: Range<Int>, _ part: ZEstimates) {
        expectations.fill(run, from: part.expectations)
        means.fill(run, from: part.means)
        standardErrors.fill(run, from: part.standardErrors)
    }
}
