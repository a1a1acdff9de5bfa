public import Contracts
internal import Determinism
public import Pipeline
internal import Stages

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
    /// Lives that another one replaced while they went on.
    public var zombies = 0
    /// Transactions of all lives.
    public var transactions = TransactionCounts()
    /// Entries of the changelog read back.
    public var restored: Int64 = 0
    /// Messages that the stage was given.
    public var received = 0
}

extension InstanceCounts {
    mutating func add(_ other: Self) {
        starts += other.starts
        crashes += other.crashes
        stops += other.stops
        retries += other.retries
        zombies += other.zombies
        restored += other.restored
        received += other.received
        transactions.committed += other.transactions.committed
        transactions.aborted += other.transactions.aborted
        transactions.failures += other.transactions.failures
    }
}

extension InstanceCounts {
    /// Adds a life's counts.
    mutating func add(_ loop: any StageRunner) {
        received += loop.stage.counters.received
        guard let loop = loop as? TransactionalLoop else { return }
        transactions.committed += loop.counts.committed
        transactions.aborted += loop.counts.aborted
        transactions.failures += loop.counts.failures
    }
}

/// One stage instance in the scheduler's hands.
final class SimulatedInstance {
    let name: InstanceName
    var counts = InstanceCounts()
    private(set) var loop: (any StageRunner)?
    private(set) var transport: SimulatedTransport?
    private(set) var hasDied = false
    /// Whether another life has its place: it goes on until it finds out.
    var isZombie = false
    /// When a crashed instance starts again.
    var restartsAt: Timestamp?
    /// When a turn that met a retriable error is tried again.
    private var retriesAt: Timestamp?
    private var isStarted = false
    private static let retryPause = TimeSpan.milliseconds(1)

    init(_ name: InstanceName) { self.name = name }

    var isRunning: Bool { loop != nil }

    /// Whether the next turn hears something new of its group; not while it waits for an answer.
    var hasNews: Bool { retriesAt == nil && (transport?.hasNews ?? false) }

    /// Where it stands, in words.
    var state: String {
        guard let loop else { return "\(name) is down" }
        let phase = (loop as? TransactionalLoop).map { ", \($0.phase)" } ?? ""
        let restoring = loop.restoring.map { ", restored \($0.restored) of \($0.total)" } ?? ""
        return "\(name) holds \(loop.stage.heldCount), \(loop.unacknowledged) unacknowledged"
            + phase + restoring
    }

    /// Messages of the last turn.
    private(set) var lastWork = 0

    /// Whether nothing is held, open or on its way, and no restart is to come.
    var isAtRest: Bool {
        guard restartsAt == nil, let loop else { return restartsAt == nil }
        guard loop.unacknowledged == 0, loop.stage.heldCount == 0, loop.restoring == nil else {
            return false
        }
        return (loop as? TransactionalLoop).map { $0.phase == .ready } ?? true
    }

    /// When this instance has something to do, if nothing else happens.
    var nextEvent: Timestamp? {
        var next = min(restartsAt ?? .distantFuture, retriesAt ?? .distantFuture)
        if let loop, let transport {
            // The stage reckons with its own clock.
            if let due = loop.stage.nextDue { next = min(next, due - transport.skew) }
            next = min(next, transport.nextVisible ?? .distantFuture)
            if let due = (loop as? TransactionalLoop)?.commitDue {
                next = min(next, due - transport.skew)
            }
        }
        return next == .distantFuture ? nil : next
    }

    func start(_ loop: any StageRunner, on transport: SimulatedTransport) {
        counts.starts += 1
        hasDied = false
        isStarted = false
        restartsAt = nil
        retriesAt = nil
        self.transport = transport
        self.loop = loop
        _ = begin()
    }

    /// Joins the group; again and again while the broker cannot be reached.
    private func begin() -> Int {
        attempt { () throws(TransportFailure) in
            try loop?.start()
            isStarted = true
            return 1
        }
    }

    /// One turn of the loop.
    ///
    /// - Returns: messages in and out; 0 while a restoration waits for somebody else's transaction.
    func turn(_ control: ControlSnapshot) -> Int {
        lastWork = work(control)
        return lastWork
    }

    private func work(_ control: ControlSnapshot) -> Int {
        guard let loop else { return 0 }
        retriesAt = nil
        guard isStarted else { return begin() }
        let before = loop.restoring
        let work = attempt { () throws(TransportFailure) in
            try loop.runOnce(control: control, pollTimeout: .zero)
        }
        guard let before, let after = loop.restoring else { return work }
        counts.restored += max(0, after.restored - before.restored)
        return before == after ? 0 : work
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
        guard let loop else { return }
        transport?.crash()
        counts.crashes += 1
        note(loop)
        self.loop = nil
        hasDied = true
        retriesAt = nil
    }

    private func note(_ loop: any StageRunner) { counts.add(loop) }

    /// Counts so far, the present life's included.
    var total: InstanceCounts {
        var sum = counts
        if let loop { sum.add(loop) }
        return sum
    }

    /// Drains and leaves the group.
    func stop() {
        guard let loop else { return }
        transport?.mayWait = true
        do throws(TransportFailure) {
            try loop.stop()
            counts.stops += 1
            note(loop)
            self.loop = nil
        } catch {
            die()
        }
    }
}
