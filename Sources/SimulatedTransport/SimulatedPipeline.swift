public import Contracts
public import Determinism
internal import HeapModule
public import Pipeline
public import Stages

/// What a simulated pipeline promises, and by what means.
public enum SimulatedDelivery: Sendable {
    /// Every stage commits positions after acknowledgement; each start is a new member.
    case atLeastOnce
    /// Admission and fallback write in transactions; members are static.
    case exactlyOnce
}

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

    /// Sees each new transport before it is used: for planted faults.
    public var prepare: (InstanceName, SimulatedTransport) -> Void = { _, _ in }

    private let limits: LoopLimits
    private let delivery: SimulatedDelivery
    private let makeStage: StageMaker
    private var instances: [SimulatedInstance] = []
    private var control: ControlState
    private let controlLogs: [(topic: Topic, log: PartitionLog)]
    private var controlPositions = [Int64](repeating: 0, count: Topic.allCases.count)
    private var batch = InboundBatch()
    private var scheduled = Heap<Scheduled>()
    private var order: UInt64 = 0
    private var former = InstanceCounts()
    private var turning: SimulatedInstance?
    private var passes: UInt64 = 0

    /// - Parameters:
    ///   - modelName: key of the bundle to follow on `models`.
    ///   - makeStage: a fresh stage for each life of an instance.
    public init(
        _ cluster: SimulatedCluster, limits: LoopLimits = LoopLimits(),
        delivery: SimulatedDelivery = .atLeastOnce, modelName: String,
        makeStage: @escaping StageMaker
    ) {
        self.cluster = cluster
        self.limits = limits
        self.delivery = delivery
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
        let isExact = delivery == .exactlyOnce
        let transport = SimulatedTransport(
            cluster, group: name.stage.rawValue, instance: isExact ? "\(name.index)" : nil)
        prepare(name, transport)
        let time = SkewedTimeSource(base: cluster.time, skew: transport.skew)
        let stage = try makeStage(name)
        let wrapped = wrap(name, transport)
        if isExact, Self.transactional.contains(name.stage),
            let transactional = wrapped as? any TransactionalTransport
        {
            let loop = TransactionalLoop(
                stage: stage, transport: transactional, time: time, limits: limits)
            instance.start(loop, on: transport)
        } else {
            let loop = StageLoop(stage: stage, transport: wrapped, time: time, limits: limits)
            instance.start(loop, on: transport)
        }
        isSettled = false
    }

    /// The stages whose effects must not come twice: one spends, one decides.
    private static let transactional: Set<StageName> = [.admission, .fallback]

    /// Starts an instance anew while its present life goes on, as a supervisor does with one that
    /// it takes for dead.
    public func replace(_ name: InstanceName) throws {
        guard let old = find(name), old.isRunning else { return }
        old.isZombie = true
        former.zombies += 1
        try start(name)
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

    /// Has the instance whose turn it is die at its next call: for stages that fail.
    public func crashWhoeverWorks() { turning?.transport?.crash(afterCalls: 1) }

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
        find(name)?.total ?? InstanceCounts()
    }

    /// Cuts an instance off from its broker for a while.
    public func cutOff(_ name: InstanceName, for span: TimeSpan) {
        find(name)?.transport?.cutOff(for: span)
    }

    /// The stage of an instance and its partitions, when everything that it has done is in the log:
    /// its state is then what a restart would find.
    public func settledStage(of name: InstanceName) -> (stage: any Stage, partitions: [Int32])? {
        guard let instance = find(name), let transport = instance.transport,
            let loop = instance.loop as? TransactionalLoop, loop.phase == .ready,
            loop.restoring == nil, cluster.isSettled(transport)
        else { return nil }
        let partitions = Set(transport.assigned.map(\.partition)).sorted()
        return partitions.isEmpty ? nil : (loop.stage, partitions)
    }

    /// Whether an instance lives at the moment.
    public func isRunning(_ name: InstanceName) -> Bool { find(name)?.isRunning ?? false }

    public var instanceNames: [InstanceName] { instances.filter { !$0.isZombie }.map(\.name) }

    /// Inputs that all instances of a stage hold open.
    public func openInputs(of stage: StageName) -> Int {
        instances.filter { $0.name.stage == stage }.compactMap(\.loop?.openInputs).reduce(0, +)
    }

    public var totalCounts: InstanceCounts {
        instances.reduce(into: former) { $0.add($1.total) }
    }

    private func find(_ name: InstanceName) -> SimulatedInstance? {
        instances.first { $0.name == name && !$0.isZombie }
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
        scheduled.insert(Scheduled(at: instant, order: order, action: action))
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
        guard scheduled.isEmpty, cluster.hasNoMarkers, instances.allSatisfy(\.isAtRest) else {
            return false
        }
        return Set(instances.map(\.name.stage)).allSatisfy { stage in
            Topology.edges(of: stage).reads.allSatisfy { topic in
                (0..<cluster.partitionCount(of: topic)).allSatisfy { partition in
                    let done = cluster.committed(stage.rawValue, topic, Int32(partition)) ?? 0
                    return cluster.isExhausted(topic, Int32(partition), at: done)
                }
            }
        }
    }

    /// What keeps the pipeline from being idle, in words.
    public var unrest: [String] {
        var found = instances.filter { !$0.isAtRest }.map(\.state)
        for stage in StageName.allCases {
            for topic in Topology.edges(of: stage).reads {
                for partition in 0..<Int32(cluster.partitionCount(of: topic)) {
                    let done = cluster.committed(stage.rawValue, topic, partition) ?? 0
                    guard !cluster.isExhausted(topic, partition, at: done) else { continue }
                    let stable = cluster.lastStableOffset(of: topic, partition)
                    let end = cluster.end(of: topic, partition)
                    found.append(
                        "\(stage.rawValue) is at \(done) of \(topic.rawValue)/\(partition), "
                            + "stable to \(stable), end \(end)")
                }
            }
            found += cluster.unrest(of: stage.rawValue)
        }
        return found
    }

    /// Passes at one instant beyond which something goes round in circles.
    private static let maximumPasses = 100_000

    private func settle() throws {
        var count = 0
        while !isSettled {
            count += 1
            guard count < Self.maximumPasses else {
                let busy = instances.filter { $0.lastWork > 0 || $0.hasNews }
                throw SimulationStuck(at: time.now(), busy: busy.map(\.name))
            }
            try pass()
        }
    }

    /// One turn of every instance, in a drawn order.
    private func pass() throws {
        passes += 1
        var work = try doScheduled()
        work += applyControl()
        if control.snapshot.model != nil {
            let snapshot = control.snapshot
            for instance in drawnOrder() {
                turning = instance
                work += instance.turn(snapshot)
            }
            turning = nil
        }
        scheduleRestarts()
        cluster.deliver()
        isSettled = work == 0 && !hasNews
    }

    /// Whether a rebalance still has to reach a live member; one that waits for a dead one waits in
    /// time.
    private var hasNews: Bool { instances.contains(where: \.hasNews) }

    private func doScheduled() throws -> Int {
        let now = time.now()
        var count = 0
        while let next = scheduled.min, next.at <= now {
            scheduled.removeMin()
            next.action(self)
            count += 1
        }
        for instance in instances where instance.restartsAt.map({ $0 <= now }) ?? false {
            try start(instance.name)
            count += 1
        }
        return count
    }

    private func scheduleRestarts() {
        if instances.contains(where: { $0.isZombie && !$0.isRunning }) {
            for instance in instances where instance.isZombie && !instance.isRunning {
                former.add(instance.total)
            }
            instances.removeAll { $0.isZombie && !$0.isRunning }
        }
        for instance in instances where instance.hasDied && instance.restartsAt == nil {
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
            let position = controlPositions[topic.ordinal]
            guard position < log.lastStable else { continue }
            controlPositions[topic.ordinal] = log.visit(from: position, to: log.lastStable) {
                entry, key, value in
                batch.append(
                    at: MessagePosition(topic: topic, partition: 0, offset: entry.offset),
                    timestamp: entry.timestamp, key: key, value: value)
                return true
            }
        }
        if !batch.isEmpty { control.apply(batch) }
        return batch.count
    }

    private func nextEvent(within span: TimeSpan) -> Timestamp {
        let now = time.now()
        var next = min(now + span, cluster.nextEvent ?? .distantFuture)
        for instance in instances { next = min(next, instance.nextEvent ?? .distantFuture) }
        if let first = scheduled.min { next = min(next, first.at) }
        return max(next, now + max(.microseconds(1), cluster.faults.grid))
    }
}

/// Instances that found something to do again and again, at one instant.
public struct SimulationStuck: Error, Sendable, CustomStringConvertible {
    public let at: Timestamp
    public let busy: [InstanceName]

    public var description: String {
        "the pipeline does not come to rest at \(at.milliseconds) ms: "
            + busy.map(\.description).joined(separator: ", ")
    }
}

/// Something to do at an instant; at one instant, in the order of scheduling.
private struct Scheduled: Comparable {
    let at: Timestamp
    let order: UInt64
    let action: (SimulatedPipeline) -> Void

    static func == (left: Self, right: Self) -> Bool { left.order == right.order }

    static func < (left: Self, right: Self) -> Bool {
        (left.at, left.order) < (right.at, right.order)
    }
}
