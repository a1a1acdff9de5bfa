public import Determinism

/// A compared pair whose label is still to come.
public struct UnlabelledPair: Equatable, Sendable {
    public var bin: Int
    /// What the classical score decides.
    public var classicalDecision: Bool
    /// What live mode decides with the quantum verdict.
    public var liveDecision: Bool
    /// 1/propensity, as `FlipEvidence.add` gave it.
    public var weight: Double
    public var partition: Int32

    public init(
        bin: Int, classicalDecision: Bool, liveDecision: Bool, weight: Double, partition: Int32
    ) {
        self.bin = bin
        self.classicalDecision = classicalDecision
        self.liveDecision = liveDecision
        self.weight = weight
        self.partition = partition
    }

    /// Right decisions that the quantum verdict adds: 1 for a right flip, −1 for a wrong one.
    public func benefit(label: Bool) -> Double {
        classicalDecision == liveDecision ? 0 : (liveDecision == label ? 1 : -1)
    }
}

/// Pairs that wait for their labels, days as a rule: bounded, the oldest forgotten first.
///
/// Some 120 bytes a pair: 24 MB at the default bound.
public struct UnlabelledPairs: Sendable {
    private var store = ExpiringStore<UnlabelledPair>()
    private let capacity: Int

    public init(capacity: Int = 200_000) { self.capacity = max(1, capacity) }

    public var count: Int { store.count }

    /// Keeps a pair that is not kept yet.
    public mutating func insert(_ pair: UnlabelledPair, for key: RecordKey, now: Timestamp) {
        guard !store.contains(key) else { return }
        if store.count >= capacity { _ = store.removeOldest() }
        store.insert(pair, for: key, now: now)
    }

    /// The pair of a label that has come; it is forgotten, so that the label counts once.
    public mutating func remove(_ key: RecordKey) -> UnlabelledPair? {
        store.remove(key)?.value
    }

    public mutating func removeAll(ofPartition partition: Int32) {
        store.removeAll { $0.partition == partition }
    }
}
