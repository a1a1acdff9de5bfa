public import Determinism

/// Both verdicts of one record.
public struct ShadowPair<Classical, Quantum> {
    public let key: RecordKey
    public let classical: Classical
    public let quantum: Quantum
    public let classicalArrived: Timestamp
    public let quantumArrived: Timestamp

    @inlinable
    init(
        key: RecordKey, classical: Classical, quantum: Quantum, classicalArrived: Timestamp,
        quantumArrived: Timestamp
    ) {
        self.key = key
        self.classical = classical
        self.quantum = quantum
        self.classicalArrived = classicalArrived
        self.quantumArrived = quantumArrived
    }
}

extension ShadowPair: Sendable where Classical: Sendable, Quantum: Sendable {}

/// What became of a verdict fed to a `ShadowJoin`.
public enum ShadowAction<Classical, Quantum> {
    /// Both sides are here: compare them.
    case pair(ShadowPair<Classical, Quantum>)
    /// Kept for the other side.
    case keep
    /// Seen before; counted.
    case duplicate
}

extension ShadowAction: Sendable where Classical: Sendable, Quantum: Sendable {}

/// A verdict whose other side did not come.
public enum ShadowUnpaired<Classical, Quantum> {
    case classical(RecordKey, Classical)
    case quantum(RecordKey, Quantum)
}

extension ShadowUnpaired: Sendable where Classical: Sendable, Quantum: Sendable {}

/// Bounds on what one `ShadowJoin` may remember.
public struct ShadowLimits: Equatable, Sendable {
    /// Unpaired verdicts kept per side; the oldest goes first.
    public var maximumUnpaired: Int
    /// How long a verdict waits for its other side.
    public var lifetime: TimeSpan
    /// Pairs remembered to recognise duplicates; at least half of them are the newest.
    public var maximumPaired: Int

    public init(
        maximumUnpaired: Int = 1_000_000, lifetime: TimeSpan = .seconds(Int64(3_600)),
        maximumPaired: Int = 200_000
    ) {
        self.maximumUnpaired = maximumUnpaired
        self.lifetime = lifetime
        self.maximumPaired = maximumPaired
    }

    /// - Throws: `PolicyError` naming the first setting out of range.
    public func validate() throws(PolicyError) {
        try PolicyError.require(
            (1...100_000_000).contains(maximumUnpaired), "maximumUnpaired", maximumUnpaired,
            "1…100000000 verdicts")
        try PolicyError.require(
            lifetime > .zero, "lifetime", "\(lifetime.inSeconds) s", "more than 0 s")
        try PolicyError.require(
            (2...100_000_000).contains(maximumPaired), "maximumPaired", maximumPaired,
            "2…100000000 pairs")
    }
}

/// Counts since the join was made.
public struct ShadowCounters: Equatable, Sendable {
    public var pairs = 0
    public var duplicates = 0
    /// Verdicts whose other side did not come within the lifetime.
    public var expired = 0
    /// Verdicts pushed out by newer ones.
    public var evicted = 0

    @inlinable public init() {}
}
