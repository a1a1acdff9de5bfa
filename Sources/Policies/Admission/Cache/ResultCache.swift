public import Determinism

/// What a call measured, as far as a later record can use it.
public struct CachedResult: Equatable, Sendable {
    /// The job that was run, and the seed of its shots.
    public var job: UInt64
    public var seed: UInt64
    public var measuredAt: Timestamp
    /// The head's linear functional of the expectations, and its standard error from the shots.
    public var headValue: Double
    public var headStandardError: Double
    public var expectations: [Double]

    public init(
        job: UInt64 = 0, seed: UInt64 = 0, measuredAt: Timestamp, headValue: Double,
        headStandardError: Double, expectations: [Double]
    ) {
        self.job = job
        self.seed = seed
        self.measuredAt = measuredAt
        self.headValue = headValue
        self.headStandardError = headStandardError
        self.expectations = expectations
    }

    /// What its expectations take on the heap: the array's header, and what the allocator may add.
    var bytes: Int { 64 + 8 * expectations.capacity }
}

/// Bounds of a `ResultCache`.
public struct CacheLimits: Equatable, Sendable {
    /// 1…10,000,000.
    public var entries: Int
    /// All memory that the cache takes: 4,096 and more. Too little for `entries`, it holds fewer.
    public var bytes: Int
    /// A device drifts between two calibrations: an older result is not used. Above 0.
    public var lifetime: TimeSpan

    public init(
        entries: Int = 50_000, bytes: Int = 32 << 20,
        lifetime: TimeSpan = .seconds(300 as Int64)
    ) {
        self.entries = entries
        self.bytes = bytes
        self.lifetime = lifetime
    }

    /// - Throws: `PolicyError` naming the first limit out of range.
    public func validate() throws(PolicyError) {
        try PolicyError.require(
            (1...10_000_000).contains(entries), "cache entries", entries, "1…10000000")
        try PolicyError.require(bytes >= 4_096, "cache bytes", bytes, "4096 or more")
        try PolicyError.require(
            lifetime > .zero, "cache lifetime", "\(lifetime.microseconds) µs", "more than 0 µs")
    }

    /// Entries that there is room for, though each result were the smallest.
    var room: Int { min(entries, (bytes - Self.headers) / (Self.tableBytes + 64)) }

    /// What the tables for that many take, allocated at once: an entry's 80 bytes, and the index's
    /// 24⅛ for each bucket, whose number is a power of two and at most 8⁄3 of the entries'.
    var tables: Int { Self.headers + room * Self.tableBytes }

    private static let headers = 1_024
    private static let tableBytes = 160
}

/// One device's results by what was computed, so that the same computation under the same
/// calibration is not bought twice.
///
/// Bounded in entries and bytes, both of which hold from the first result on: its tables are made for
/// all entries at once, and never grow. When full, a hand goes round the entries (CLOCK, Corbató 1968): it
/// passes over one that was used since it last came by, once, and takes the place of the first that
/// was not; one of another calibration than the present goes at once. A result is found only under
/// the calibration that it was measured with, and for `lifetime`.
///
/// Two records answered from one call share its shot noise: their quantum scores are not independent
/// draws. Statistics over records that assume so should count a computation once.
public struct ResultCache: Sendable {
    public struct Counters: Equatable, Sendable {
        public var hits = 0
        public var misses = 0
        /// Pushed out by others.
        public var evicted = 0
        /// Found, but too old or of another calibration; also in `misses`.
        public var stale = 0

        public init() {}
    }

    private struct Entry {
        var key: ComputationKey
        var epoch: UInt64
        var result: CachedResult
        var isUsed = false
    }

    public let limits: CacheLimits
    public private(set) var counters = Counters()
    /// Bytes held, estimated from above: 0 before the first result.
    public private(set) var bytes = 0
    private var entries: [Entry] = []
    private var index: [ComputationKey: Int] = [:]
    private var hand = 0
    private var present: UInt64 = 0

    /// - Parameter limits: validated.
    public init(limits: CacheLimits = CacheLimits()) { self.limits = limits }

    public var count: Int { entries.count }

    /// The result of the same computation, if it is still good.
    ///
    /// - Parameter epoch: a hash of the calibration in force. A new one makes all results of others
    ///   worthless: nothing is searched for them, they go as room is needed.
    public mutating func find(
        _ key: ComputationKey, epoch: UInt64, now: Timestamp
    ) -> CachedResult? {
        present = epoch
        guard let place = index[key] else {
            counters.misses += 1
            return nil
        }
        let age = now - entries[place].result.measuredAt
        guard entries[place].epoch == epoch, age <= limits.lifetime else {
            counters.misses += 1
            counters.stale += 1
            remove(place)
            return nil
        }
        counters.hits += 1
        entries[place].isUsed = true
        return entries[place].result
    }

    /// Keeps a result; the newer of two of the same computation stays. One that is larger than all
    /// room is not kept.
    ///
    /// - Parameter epoch: a hash of the calibration that it was measured under.
    public mutating func insert(
        _ result: CachedResult, for key: ComputationKey, epoch: UInt64
    ) {
        guard limits.tables + result.bytes <= limits.bytes else { return }
        if bytes == 0 { makeTables() }
        if let place = index[key] {
            guard entries[place].result.measuredAt <= result.measuredAt else { return }
            remove(place)
        }
        while entries.count >= limits.room || bytes + result.bytes > limits.bytes { evict() }
        index[key] = entries.count
        bytes += result.bytes
        entries.append(Entry(key: key, epoch: epoch, result: result))
    }

    private mutating func makeTables() {
        entries.reserveCapacity(limits.room)
        index.reserveCapacity(limits.room)
        bytes = limits.tables
    }

    /// What the tables take now, by their capacities: for tests of the bound.
    var tableBytes: Int {
        var buckets = 1
        while buckets * 3 < index.capacity * 4 { buckets *= 2 }
        return entries.capacity * MemoryLayout<Entry>.stride + buckets * 24 + (buckets + 7) / 8
    }

    private mutating func evict() {
        while true {
            if hand >= entries.count { hand = 0 }
            guard entries[hand].isUsed, entries[hand].epoch == present else { break }
            entries[hand].isUsed = false
            hand += 1
        }
        counters.evicted += 1
        remove(hand)
        // The last entry stands here now: the newest, which the hand passes over this time.
        hand += 1
    }

    /// The last entry takes the place of the one removed.
    private mutating func remove(_ place: Int) {
        bytes -= entries[place].result.bytes
        index[entries[place].key] = nil
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        index[last.key] = place
    }
}
