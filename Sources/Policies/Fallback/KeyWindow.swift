public import Determinism

/// A bounded memory of recently seen keys, each with one flag: two generations, the older one
/// dropped whole when the newer is full or old enough.
///
/// A key is found for at least `lifetime` and at most twice that, unless more than `capacity / 2`
/// newer keys pushed it out. Memory is bounded by `capacity` keys.
public struct KeyWindow: Sendable {
    private var current: [RecordKey: Bool] = [:]
    private var previous: [RecordKey: Bool] = [:]
    private var startedAt: Timestamp?
    private let generationCapacity: Int
    private let lifetime: TimeSpan

    /// - Parameters:
    ///   - capacity: keys remembered at most.
    ///   - lifetime: how long a key is remembered at least.
    public init(capacity: Int, lifetime: TimeSpan) {
        generationCapacity = max(1, capacity / 2)
        self.lifetime = lifetime
    }

    /// Keys remembered.
    public var count: Int { current.count + previous.count }

    /// The key's flag, or nil when it is not remembered.
    public func flag(of key: RecordKey) -> Bool? {
        current[key] ?? (previous.isEmpty ? nil : previous[key])
    }

    /// Remembers a key, or renews it with another flag.
    public mutating func insert(_ key: RecordKey, flag: Bool, now: Timestamp) {
        rotateIfDue(now: now)
        current[key] = flag
    }

    /// Forgets a key before its time.
    public mutating func remove(_ key: RecordKey) {
        current[key] = nil
        previous[key] = nil
    }

    /// Forgets what is too old; called on insertion and from the owner's timer, so that idle joins
    /// shrink.
    public mutating func rotateIfDue(now: Timestamp) {
        guard let started = startedAt else {
            startedAt = now
            return
        }
        let age = now - started
        guard age >= lifetime || current.count >= generationCapacity else { return }
        swap(&current, &previous)
        current.removeAll(keepingCapacity: true)
        if age >= lifetime + lifetime { previous.removeAll(keepingCapacity: false) }
        startedAt = now
    }
}
