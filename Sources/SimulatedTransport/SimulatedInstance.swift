public import Contracts
internal import Determinism
import Pipeline
import Stages

/// A place for one stage instance, over its lives.
public struct InstanceName: Hashable, Sendable, CustomStringConvertible {
    public var stage: StageName
    public var index: Int

    public init(_ stage: StageName, _ index: Int = 0) {
        self.stage = stage
        self.index = index
    }

    public var description: String { "\(stage.rawValue)/\(index)" }
}

/// How many times an instance started, died and tried again.
public struct InstanceCounts: Sendable, Equatable {
    public var starts = 0
    public var crashes = 0
    public var stops = 0
    /// Turns that ended with a retriable error.
    public var retries = 0
}

/// One stage instance in the scheduler's hands.
final class SimulatedInstance {
    let name: InstanceName
    var counts = InstanceCounts()
    private(set) var loop: (any StageRunner)?
    private(set) var transport: SimulatedTransport?
    private(set) var hasDied = false
    /// When a crashed instance starts again.
    var restartsAt: Timestamp?
    /// When a turn that met a retriable error is tried again.
    private var retriesAt: Timestamp?
    private static let retryPause = TimeSpan.milliseconds(1)

    init(_ name: InstanceName) { self.name = name }

    var isRunning: Bool { loop != nil }

    /// When this instance has something to do, if nothing else happens.
    var nextEvent: Timestamp? {
        [loop?.stage.nextDue, transport?.nextVisible, restartsAt, retriesAt].compactMap { $0 }.min()
    }

    func start(
        _ stage: any Stage, on cluster: SimulatedCluster, limits: LoopLimits,
        wrap: (SimulatedTransport) -> any Transport
    ) {
        counts.starts += 1
        hasDied = false
        restartsAt = nil
        let transport = SimulatedTransport(cluster, group: name.stage.rawValue)
        let loop = StageLoop(
            stage: stage, transport: wrap(transport), time: cluster.time, limits: limits)
        self.transport = transport
        self.loop = loop
        _ = attempt { () throws(TransportFailure) in
            try loop.start()
            return 0
        }
    }

    /// One turn of the loop.
    ///
    /// - Returns: messages in and out.
    func turn(_ control: ControlSnapshot) -> Int {
        guard let loop else { return 0 }
        retriesAt = nil
        return attempt { () throws(TransportFailure) in
            try loop.runOnce(control: control, pollTimeout: .zero)
        }
    }

    private func attempt(_ body: () throws(TransportFailure) -> Int) -> Int {
        do {
            return try body()
        } catch {
            guard error.kind == .retriable else {
                die()
                return 1
            }
            counts.retries += 1
            retriesAt = transport.map { $0.now + Self.retryPause }
            return 0
        }
    }

    /// Ends at once, nothing said to anybody.
    func die() {
        guard loop != nil else { return }
        transport?.crash()
        counts.crashes += 1
        loop = nil
        hasDied = true
        retriesAt = nil
    }

    /// Drains and leaves the group.
    func stop() {
        guard let loop else { return }
        do throws(TransportFailure) {
            try loop.stop()
            counts.stops += 1
            self.loop = nil
        } catch {
            die()
        }
    }
}
