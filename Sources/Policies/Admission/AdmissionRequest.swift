public import Contracts
public import Determinism

/// What admission knows of one record.
public struct AdmissionRequest: Equatable, Sendable {
    /// The classical scorer's probability, 0…1.
    public var classicalScore: Double
    /// The instant of the decision.
    public var now: Timestamp
    /// The instant by which the record's final score must be out.
    public var deadline: Timestamp
    public var priority: Priority
    public var dataClass: DataClass
    /// Money at stake; nil when the record does not say, which no rule holds against it.
    public var valueAtStake: Double?
    /// A stable hash of the record's id (`RecordKey.high`): the only source of chance in a
    /// decision, so that the same record under the same policy is always drawn, or never.
    public var idHash: UInt64
    /// The tenant's `AdmissionPolicy.tenantKey`; nil for a record without one.
    public var tenant: UInt64?
    /// The hash of the model's name, for budgets.
    public var model: UInt64 = 0
    /// The record's data partition, for budgets.
    public var partition = 0
    /// The score from which a record decides 1, strictly between 0 and 1.
    public var threshold = 0.5
    /// Shots that are wanted.
    public var shots = 1_024
    /// Whether the model has a simpler circuit, with a head of its own.
    public var hasSimplerCircuit = false
    /// What the call may cost at most, in millionths; nil for no limit.
    public var maximumPriceMicros: Int64?

    public init(
        classicalScore: Double, now: Timestamp, deadline: Timestamp, priority: Priority = .normal,
        dataClass: DataClass = .internal, valueAtStake: Double? = nil, idHash: UInt64
    ) {
        self.classicalScore = classicalScore
        self.now = now
        self.deadline = deadline
        self.priority = priority
        self.dataClass = dataClass
        self.valueAtStake = valueAtStake
        self.idHash = idHash
    }
}
