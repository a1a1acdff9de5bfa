public import Contracts
public import Determinism
public import Pipeline
public import Stages

/// All seven stages, any number of instances each, on one thread under one seed and a virtual
/// clock.
///
/// At each instant every instance takes turns, in an order drawn anew for each pass, until none has
/// anything to do; the control plane is applied between passes. Then the clock moves to the next
/// event: a deadline, a device's result, an acknowledgement, something scheduled, but by one commit
/// interval at most. The stages and the loop are those that run on Kafka. Same seed, same calls:
/// same bytes on every topic.
public final class SimulatedPipeline {
    public typealias StageMaker = (InstanceName) throws -> any Stage

    public let cluster: SimulatedCluster
    public var time: ManualTimeSource { cluster.time }
    /// Makes the transport that an instance's loop sees, around its simulated one: for planted
    /// faults.
    public var wrap: (InstanceName, SimulatedTransport) -> any Transport = { $1 }

    private let limits: LoopLimits
    private let makeStage: StageMaker
    private var instances: [SimulatedInstance] = []
    private var control: ControlState
    private let controlLogs: [(topic: Topic, log: PartitionLog)]
    private var controlPositions: [Topic: Int64] = [:]
    private var batch = InboundBatch()
    private var scheduled: [(at: Timestamp, order: Int, action: (SimulatedPipeline) -> Void)] = []
    private var order = 0
    private var passes: UInt64 = 0

    /// - Parameters:
    ///   - modelName: key of the bundle to follow on `models`.
    ///   - makeStage: a fresh stage for each life of an instance.
    public init(
        _ cluster: SimulatedCluster, limits: LoopLimits = LoopLimits(), modelName: String,
        makeStage: @escaping StageMaker
    ) {
        self.cluster = cluster
        self.limits = limits
        self.makeStage = makeStage
        control = ControlState(modelName: modelName)
        controlLogs = Topic.allCases.filter { $0.plane == .control }.map {
            ($0, cluster.log($0, 0))
        }
    }

    // MARK: Instances

    /// Starts an instance, for the first time or again.
    public func start(_ name: InstanceName) throws {
        let instance = find(name) ?? add(name)
        guard !instance.isRunning else { return }
        instance.start(
            try makeStage(name), on: cluster, limits: limits, wrap: { self.wrap(name, $0) })
        isSettled = false
    }

    /// Starts `count` instances of every stage.
    public func startAll(instances count: Int = 1) throws {
        for stage in StageName.allCases {
            for index in 0..<count { try start(InstanceName(stage, index)) }
        }
    }

    /// Kills an instance between two turns; it starts again when the fault plan says so.
    public func crash(_ name: InstanceName) {
        find(name)?.die()
        scheduleRestarts()
    }

    /// Has an instance die at a call of its transport: 1 for the next one.
    public func crash(_ name: InstanceName, afterCalls count: UInt64) {
        find(name)?.transport?.crash(afterCalls: count)
    }

    /// Stops an instance as SIGTERM does: it drains, commits and leaves its group.
    public func stop(_ name: InstanceName) {
        find(name)?.stop()
    }

    public func forceRebalance(of stage: StageName) {
        cluster.forceRebalance(of: stage.rawValue)
    }

    /// Puts an instance out of its group, as a coordinator does with one that was silent for too
    /// long.
    public func evict(_ name: InstanceName) { find(name)?.transport?.evict() }

    public func counts(of name: InstanceName) -> InstanceCounts {
        find(name)?.counts ?? InstanceCounts()
    }

    /// Inputs that all instances of a stage hold open.
    public func openInputs(of stage: StageName) -> Int {
        instances.filter { $0.name.stage == stage }.compactMap(\.loop?.openInputs).reduce(0, +)
    }

    public var totalCounts: InstanceCounts {
        instances.reduce(into: InstanceCounts()) { sum, instance in
            sum.starts += instance.counts.starts
            sum.crashes += instance.counts.crashes
            sum.stops += instance.counts.stops
            sum.retries += instance.counts.retries
        }
    }

    private func find(_ name: InstanceName) -> SimulatedInstance? {
        instances.first { $0.name == name }
    }

    private func add(_ name: InstanceName) -> SimulatedInstance {
        let instance = SimulatedInstance(name)
        instances.append(instance)
        return instance
    }

    // MARK: Publishing

    public func publish(
        to topic: Topic, key: [UInt8]?, value: [UInt8]?, headers: [MessageHeader] = []
    ) {
        let (key, value) = (key.map(OwnedBytes.init), value.map(OwnedBytes.init))
        withExtendedLifetime((key, value)) {
            cluster.append(to: topic, key: key?.slice, value: value?.slice, headers: headers)
        }
        isSettled = false
    }

    /// Does something at an instant of virtual time, before that instant's turns.
    public func schedule(at instant: Timestamp, _ action: @escaping (SimulatedPipeline) -> Void) {
        order += 1
        scheduled.append((instant, order, action))
    }

    // MARK: Running

    /// Whether the last pass found nothing to do.
    private var isSettled = false

    /// What all instances know of the control plane.
    public var controlSnapshot: ControlSnapshot { control.snapshot }

    /// Runs through virtual time up to and including `instant`.
    public func run(until instant: Timestamp) throws {
        while true {
            try settle()
            guard time.now() < instant else { return }
            time.advance(to: min(nextEvent(within: limits.commitInterval), instant))
            isSettled = false
        }
    }

    public func run(for span: TimeSpan) throws { try run(until: time.now() + span) }

    /// Runs until every message on a stage's inputs is done and committed, and nothing more is
    /// scheduled.
    ///
    /// - Returns: false when that did not come within `span` of virtual time.
    public func runUntilIdle(within span: TimeSpan) throws -> Bool {
        let limit = time.now() + span
        while time.now() < limit {
            try settle()
            if isIdle { return true }
            time.advance(to: min(nextEvent(within: limits.commitInterval), limit))
            isSettled = false
        }
        return isIdle
    }

    /// Every input of every stage that was ever started is committed, and nothing is on its way.
    public var isIdle: Bool {
        guard scheduled.isEmpty, instances.allSatisfy({ $0.restartsAt == nil }) else {
            return false
        }
        return Set(instances.map(\.name.stage)).allSatisfy { stage in
            Topology.edges(of: stage).reads.allSatisfy { topic in
                (0..<cluster.partitionCount(of: topic)).allSatisfy { partition in
                    let end = cluster.end(of: topic, Int32(partition))
                    let done = cluster.committed(stage.rawValue, topic, Int32(partition)) ?? 0
                    return done == end
                }
            }
        } && instances.allSatisfy { ($0.loop?.unacknowledged ?? 0) == 0 }
    }

    /// Passes at one instant beyond which something goes round in circles.
    private static let maximumPasses = 100_000

    private func settle() throws {
        var count = 0
        while !isSettled {
            count += 1
            precondition(count < Self.maximumPasses, "the pipeline does not come to rest")
            try pass()
        }
    }

    /// One turn of every instance, in a drawn order.
    private func pass() throws {
        passes += 1
        var work = try doScheduled()
        work += applyControl()
        if control.snapshot.model != nil {
            for instance in drawnOrder() { work += instance.turn(control.snapshot) }
        }
        scheduleRestarts()
        cluster.deliver()
        isSettled = work == 0 && !hasNews
    }

    /// Whether a rebalance still has to reach a live member; one that waits for a dead one waits in
    /// time.
    private var hasNews: Bool { instances.contains { $0.transport?.hasNews ?? false } }

    private func doScheduled() throws -> Int {
        let now = time.now()
        let due = scheduled.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        scheduled.removeAll { $0.at <= now }
        for entry in due { entry.action(self) }
        let rising = instances.filter { $0.restartsAt.map { $0 <= now } ?? false }
        for instance in rising { try start(instance.name) }
        return due.count + rising.count
    }

    private func scheduleRestarts() {
        for instance in instances
        where instance.hasDied && instance.restartsAt == nil {
            let wait = cluster.faults.span(
                cluster.faults.restart, .restart, instance.transport?.member ?? 0, 0)
            instance.restartsAt = time.now() + wait
        }
    }

    private func drawnOrder() -> [SimulatedInstance] {
        var draws = RandomStream(seed: cluster.faults.seed, stream: passes)
        return instances.filter(\.isRunning).shuffled(using: &draws)
    }

    /// Feeds the control plane's new messages to all.
    private func applyControl() -> Int {
        batch.removeAll()
        for (topic, log) in controlLogs {
            for offset in (controlPositions[topic] ?? 0)..<log.end {
                batch.append(
                    at: MessagePosition(topic: topic, partition: 0, offset: offset),
                    timestamp: log.entries[Int(offset)].timestamp, key: log.key(offset),
                    value: log.value(offset))
            }
            controlPositions[topic] = log.end
        }
        if !batch.isEmpty { control.apply(batch) }
        return batch.count
    }

    private func nextEvent(within span: TimeSpan) -> Timestamp {
        let now = time.now()
        var events = [now + span]
        if let event = cluster.nextEvent { events.append(event) }
        events += instances.compactMap(\.nextEvent)
        events += scheduled.map(\.at)
        return max(events.min() ?? now, now + .microseconds(1))
    }
}
