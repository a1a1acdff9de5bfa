public import Contracts
public import Determinism

/// One recorded decision of admission, with what is known today of what came of it.
public struct RecordedDecision: Equatable, Sendable {
    public var key: RecordKey
    /// Where the verdict stands: decisions of one instant keep this order.
    public var partition: Int32
    public var offset: Int64

    public var decidedAt: Timestamp
    public var deadline: Timestamp
    public var classicalScore = 0.0
    public var value: Double?
    public var priority = Priority.normal
    public var dataClass = DataClass.internal
    public var mode = Mode.shadow

    /// Hash of the policy that decided.
    public var policy: UInt64?
    public var admitted = false
    public var reason = ReasonCode.accepted
    public var propensity = 0.0
    public var predictedWait = TimeSpan.zero

    /// What a call was expected to cost; nil when not recorded.
    public var price: Double?
    public var serviceTime = TimeSpan.zero
    /// Calls that the device serves at a time.
    public var servers = 1
    public var statusWait = TimeSpan.zero
    /// Nil when no status had come.
    public var statusAge: TimeSpan?
    public var queueDepth = 0
    public var deviceState = DeviceState.online

    /// Whether the quantum verdict changed the decision; nil when there is none.
    public var flipped: Bool?
    /// What the wait in the device's queue turned out to be.
    public var measuredWait: TimeSpan?

    public init(
        key: RecordKey, partition: Int32, offset: Int64, decidedAt: Timestamp, deadline: Timestamp
    ) {
        self.key = key
        self.partition = partition
        self.offset = offset
        self.decidedAt = decidedAt
        self.deadline = deadline
    }

    /// From a verdict; nil for one of an older version, which does not say by what it was decided.
    public init?(
        _ verdict: ClassicalVerdictMessage, key: RecordKey, partition: Int32, offset: Int64
    ) {
        guard let record = verdict.decision, let decidedAt = record.decidedAt else { return nil }
        self.init(
            key: key, partition: partition, offset: offset, decidedAt: decidedAt,
            deadline: verdict.deadline)
        classicalScore = verdict.score
        mode = verdict.mode
        admitted = verdict.admitted
        reason = verdict.reason
        propensity = verdict.propensity
        predictedWait = .seconds(verdict.predictedWaitMilliseconds / 1e3)
        policy = record.policy
        value = record.value
        priority = record.priority ?? .normal
        dataClass = record.dataClass ?? .internal
        price = record.price
        serviceTime = .seconds((record.serviceMilliseconds ?? 0) / 1e3)
        servers = record.servers ?? 1
        statusWait = .seconds((record.statusWaitMilliseconds ?? 0) / 1e3)
        statusAge = record.statusAgeMilliseconds.map { .seconds($0 / 1e3) }
        queueDepth = record.queueDepth ?? 0
        deviceState = record.deviceState ?? .online
    }
}

extension RecordedDecision: Comparable {
    /// The order in which they were decided.
    public static func < (left: Self, right: Self) -> Bool {
        (left.decidedAt, left.partition, left.offset)
            < (right.decidedAt, right.partition, right.offset)
    }
}
