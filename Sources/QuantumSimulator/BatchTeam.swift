import Dispatch
public import QuantumCircuit
import Synchronization

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
    private let members: [Worker]

    private final class Worker: Sendable {
        let member: Mutex<Member>

        init(_ plan: SimulationPlan, _ path: SimulationPath) {
            member = Mutex(Member(simulator: BatchSimulator(plan, path: path)))
        }
    }

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
        members = (0..<workers).map { _ in Worker(plan, path) }
        workspaceBytes = members.reduce(0) {
            $0 + $1.member.withLock { $0.simulator.workspaceBytes }
        }
    }

    public var workers: Int { members.count }

    /// As `BatchSimulator.estimate`, exact.
    public func estimate(
        _ readout: ZReadout, parameters: [Double], count: Int, into output: inout ZEstimates
    ) throws(SimulationError) {
        try check(parameters, count)
        output.resize(records: count, strings: readout.strings.count)
        try share(parameters, count, &output, empty: ZEstimates()) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.estimate(
                readout, parameters: rows, count: run.count, into: &member.estimates)
            shared.fill(run, member.estimates)
        }
    }

    /// As `BatchSimulator.estimate` with shots: the same counts as on one thread.
    public func estimate(
        _ readout: ZReadout, parameters: [Double], count: Int, shots: Int, seeds: [UInt64],
        stream: UInt64 = 0, into output: inout ZEstimates
    ) throws(SimulationError) {
        try check(parameters, count)
        guard seeds.count == count else { throw .seeds(count: seeds.count, expected: count) }
        output.resize(records: count, strings: readout.strings.count)
        try share(parameters, count, &output, empty: ZEstimates()) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.estimate(
                readout, parameters: rows, count: run.count, shots: shots,
                seeds: Array(seeds[run]), stream: stream, into: &member.estimates)
            shared.fill(run, member.estimates)
        }
    }

    /// As `BatchSimulator.counts`: the same counts as on one thread.
    public func counts(
        parameters: [Double], count: Int, shots: Int, seeds: [UInt64], stream: UInt64 = 0,
        into output: inout [UInt32]
    ) throws(SimulationError) {
        try check(parameters, count)
        guard seeds.count == count else { throw .seeds(count: seeds.count, expected: count) }
        let states = plan.states
        if output.count != count * states {
            output = [UInt32](repeating: 0, count: count * states)
        }
        try share(parameters, count, &output, empty: []) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.counts(
                parameters: rows, count: run.count, shots: shots, seeds: Array(seeds[run]),
                stream: stream, into: &member.counts)
            shared.fill(run, member.counts)
        }
    }

    /// As `BatchSimulator.expectations` of observables.
    public func expectations(
        of observables: [PauliSum], parameters: [Double], count: Int, into output: inout [Double]
    ) throws(SimulationError) {
        try check(parameters, count)
        output.fit(count * observables.count)
        try share(parameters, count, &output, empty: []) {
            member, rows, run, shared throws(SimulationError) in
            try member.simulator.expectations(
                of: observables, parameters: rows, count: run.count, into: &member.values)
            shared.fill(run, member.values)
        }
    }

    // MARK: Sharing

    private func check(_ parameters: [Double], _ count: Int) throws(SimulationError) {
        let expected = count * plan.parameters
        guard count >= 0, parameters.count == expected else {
            throw .parameterValues(count: parameters.count, expected: expected)
        }
        if let index = parameters.firstNonFinite {
            throw .nonFiniteParameter(
                record: index / plan.parameters, parameter: index % plan.parameters)
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

    /// Runs are handed out by a counter; each worker's results are copied out under one lock, which
    /// takes a hundredth of the time of finding them.
    private func share<Output: Sendable>(
        _ parameters: [Double], _ count: Int, _ output: inout Output, empty: Output,
        _ work:
            @Sendable (
                inout Member, [Double], Range<Int>, borrowing Shared<Output>
            ) throws(SimulationError) -> Void
    ) throws(SimulationError) {
        let (width, members) = (plan.parameters, members)
        let runs = Self.runs(count, workers: members.count)
        var taken: Output? = output
        output = empty
        let shared = Shared(&taken)
        let next = Mutex(0)
        let problem = Mutex<SimulationError?>(nil)
        let take = { @Sendable () -> Int? in
            next.withLock { number in
                guard number < runs.count else { return nil }
                defer { number += 1 }
                return number
            }
        }
        DispatchQueue.concurrentPerform(iterations: min(members.count, runs.count)) { index in
            members[index].member.withLock { member in
                while let number = take() {
                    let run = runs[number]
                    let rows = Array(parameters[run.lowerBound * width..<run.upperBound * width])
                    do throws(SimulationError) {
                        try work(&member, rows, run, shared)
                    } catch {
                        problem.withLock { $0 = error }
                        return
                    }
                }
            }
        }
        if let filled = shared.giveBack() { output = filled }
        if let problem = problem.withLock({ $0 }) { throw problem }
    }
}

/// Results while several threads write to them.
private struct Shared<Output: Sendable>: ~Copyable, Sendable {
    private let output: Mutex<Output?>

    /// Takes the results out of where they are, so that writing to them copies nothing.
    init(_ taken: inout Output?) {
        var own: Output?
        swap(&own, &taken)
        output = Mutex(own)
    }

    func giveBack() -> Output? {
        output.withLock { own in
            defer { own = nil }
            return own
        }
    }
}

extension Shared<ZEstimates> {
    fileprivate func fill(_ run: Range<Int>, _ part: ZEstimates) {
        output.withLock { estimates in
            estimates?.expectations.fill(run, from: part.expectations)
            estimates?.means.fill(run, from: part.means)
            estimates?.standardErrors.fill(run, from: part.standardErrors)
        }
    }
}

extension Shared {
    fileprivate func fill<Element>(_ run: Range<Int>, _ part: [Element])
    where Output == [Element] {
        output.withLock { $0?.fill(run, from: part) }
    }
}

extension Array {
    /// Overwrites the rows of a range of records.
    fileprivate mutating func fill(_ records: Range<Int>, from part: [Element]) {
        guard !records.isEmpty else { return }
        let width = part.count / records.count
        let row = records.lowerBound * width
        replaceSubrange(row..<row + part.count, with: part)
    }
}
