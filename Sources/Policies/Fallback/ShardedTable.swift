/// Values by record key in 256 dictionaries, so that none of them grows large.
///
/// A dictionary that grows moves all of its entries at once: with a million of them, a fifth of a
/// second in which no score goes out. Here the longest such pause is that of a few thousand entries.
@usableFromInline
struct ShardedTable<Value> {
    @usableFromInline var tables: [[RecordKey: Value]]
    @usableFromInline var count = 0

    @inlinable
    init() { tables = Array(repeating: [:], count: 256) }

    @inlinable var isEmpty: Bool { count == 0 }

    @inlinable
    subscript(key: RecordKey) -> Value? { tables[Self.shard(key)][key] }

    /// - Returns: the value that stood there before.
    @inlinable
    @discardableResult
    mutating func insert(_ value: Value, for key: RecordKey) -> Value? {
        let old = tables[Self.shard(key)].updateValue(value, forKey: key)
        if old == nil { count += 1 }
        return old
    }

    @inlinable
    @discardableResult
    mutating func remove(_ key: RecordKey) -> Value? {
        guard let old = tables[Self.shard(key)].removeValue(forKey: key) else { return nil }
        count -= 1
        return old
    }

    /// Removes every value that `isGone` says yes to.
    @inlinable
    mutating func removeAll(where isGone: (Value) -> Bool) {
        count = 0
        for shard in tables.indices {
            tables[shard] = tables[shard].filter { !isGone($0.value) }
            count += tables[shard].count
        }
    }

    /// In no particular order.
    @inlinable
    func forEach(_ body: (RecordKey, Value) -> Void) {
        for table in tables {
            for (key, value) in table { body(key, value) }
        }
    }

    /// A dictionary chooses its buckets by the other word.
    @inlinable
    static func shard(_ key: RecordKey) -> Int { Int(truncatingIfNeeded: key.high & 255) }
}

extension ShardedTable: Sendable where Value: Sendable {}
