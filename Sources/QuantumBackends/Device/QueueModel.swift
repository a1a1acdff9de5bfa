import Contracts
public import Determinism
public import QuantumCircuit

/// A simulated device's queue, calendar and prices without its results: what questions of capacity
/// need, at a microsecond or so per job.
///
/// The queue is the device's own (`SimulatedQPU`): tenants, servers, sessions, outages, maintenance,
/// calibrations, capacity limits, failures. Refusals by rate and what happens to results on their way
/// back are left out. Equal configurations, jobs and instants give equal completions.
public struct QueueModel {
    /// How a job ended.
    public struct Completion: Sendable {
        /// What `submit` returned.
        public let ticket: Int
        public let records: Int
        public let submitted: Timestamp
        /// Nil if the job never ran.
        public let started: Timestamp?
        /// When its results can be had.
        public let available: Timestamp
        public let isDone: Bool
        /// Millionths of the currency; 0 for a job that did not complete.
        public let costMicros: Int64
    }

    private struct Held {
        let records: Int
        let submitted: Timestamp
    }

    public let configuration: SimulatedQPUConfiguration
    /// Device time of one record, jobs' own times aside.
    public let recordTime: TimeSpan
    private let footprint: CircuitFootprint?
    private let shots: Int
    private var queue: DeviceQueue
    private var held: [Int: Held] = [:]
    private var nextTicket = 0
    /// Of the owner's jobs, failed ones included.
    public private(set) var busy = TimeSpan.zero

    /// - Parameters:
    ///   - circuit: in the gates that the device runs, with which times and prices are worked out;
    ///     nil where neither depends on gates (`needsFootprint`).
    ///   - shots: of each record.
    ///   - start: of the device's calendar.
    /// - Throws: for settings that make no sense, or a circuit that the device has no figures for.
    public init(
        _ configuration: SimulatedQPUConfiguration, circuit: Circuit?, shots: Int,
        start: Timestamp
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        self.shots = shots
        let target = try configuration.deviceTarget()
        let footprint = try circuit.map { try CircuitFootprint($0, on: target) }
        self.footprint = footprint
        recordTime =
            configuration.shotTiming.map { timing in
                let shot = timing.nanoseconds(footprint, target.calibration)
                return .seconds(Double(shots) * shot * 1e-9)
            } ?? configuration.servicePerRecord
        queue = DeviceQueue(
            configuration.queueSettings(start: start), start: start - configuration.warmUp)
    }

    /// Records a second that the device can serve if nobody else uses it, in jobs of `batch`
    /// records; infinite for a device that takes no time.
    public func serviceRate(batch: Int) -> Double {
        let seconds = expected(records: max(1, batch)).inSeconds
        return seconds > 0
            ? Double(configuration.servers * max(1, batch)) / seconds : .infinity
    }

    /// What one record in a job of `batch` is expected to cost, in millionths.
    public func priceMicros(batch: Int) -> Int64 {
        let batch = max(1, batch)
        let cost = cost(records: batch, time: expected(records: batch))
        return (cost + Int64(batch) - 1) / Int64(batch)
    }

    /// Adds a job; the model must have been advanced to `now`.
    ///
    /// - Returns: the job's ticket; nil where the device refuses it.
    public mutating func submit(records: Int, at now: Timestamp) -> Int? {
        guard records > 0, queue.outage(at: now) == nil,
            queue.ownDepth < configuration.queueCapacity, !queue.isFull
        else { return nil }
        let overheads = configuration.overheads
        let load = overheads.load + overheads.loadPerRecord * Int64(records)
        var draws = RandomStream(
            seed: StableHash.combine(configuration.seed, UInt64(nextTicket)))
        let isFaulty = draws.uniform() < configuration.failureProbability
        let expected = expected(records: records)
        var service = expected
        if configuration.jitter > 0, expected > .zero {
            service = JobSizes(
                mean: expected, shape: .lognormal(sigma: configuration.jitter)
            ).draw(&draws)
        }
        held[nextTicket] = Held(records: records, submitted: now)
        queue.submit(
            DeviceQueue.Entry(
                ticket: nextTicket, entered: now + load, service: service, expected: expected,
                isFaulty: isFaulty),
            at: now)
        nextTicket += 1
        return nextTicket - 1
    }

    /// Replays everything up to and including `now`.
    public mutating func advance(to now: Timestamp, _ end: (Completion) -> Void) {
        var ended: [DeviceQueue.Ended] = []
        queue.advance(to: now) { if $0.tenant == 0 { ended.append($0) } }
        for one in ended {
            guard let job = held.removeValue(forKey: one.entry.ticket) else { continue }
            let run = one.started.map { one.completed - $0 } ?? .zero
            busy = busy + run
            let isDone = one.cause == .done
            let overheads = configuration.overheads
            let retrieve = overheads.retrieve + overheads.retrievePerRecord * Int64(job.records)
            end(
                Completion(
                    ticket: one.entry.ticket, records: job.records, submitted: job.submitted,
                    started: one.started,
                    available: isDone ? one.completed + retrieve : one.completed, isDone: isDone,
                    costMicros: isDone ? cost(records: job.records, time: run) : 0))
        }
    }

    /// What the device says of itself; it must have been advanced to `now`.
    ///
    /// - Parameter batch: records of a usual job, over which the job's own time is spread.
    public func status(batch: Int, at now: Timestamp) -> DeviceStatus {
        let isClosed = queue.settings.closures.closedUntil(now) != nil
        let batch = max(1, batch)
        let perRecord = expected(records: batch).microseconds / Int64(batch)
        return DeviceStatus(
            state: queue.outage(at: now) != nil ? .outage : isClosed ? .maintenance : .online,
            queueDepth: queue.depth, predictedWait: queue.predictedWait(at: now),
            serviceTime: .microseconds(perRecord), completed: 0, failed: 0, calibration: "",
            servers: configuration.servers)
    }

    private func expected(records: Int) -> TimeSpan {
        configuration.stretched(configuration.servicePerJob + recordTime * Int64(records))
    }

    private func cost(records: Int, time: TimeSpan) -> Int64 {
        guard let book = configuration.priceBook else {
            let price = configuration.price.cost(records: records, shots: shots)
            return Int64((price * 1e6).rounded())
        }
        return book.cost(
            of: DeviceUsage(
                tasks: records, shots: shots, microseconds: configuration.billed(time).microseconds,
                oneQubitGates: footprint?.oneQubitGates ?? 0,
                twoQubitGates: footprint?.twoQubitGates ?? 0))
    }
}
