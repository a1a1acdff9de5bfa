internal import Contracts
internal import DequeModule
internal import Determinism
internal import Stages

/// A message at rest, or a control marker; its bytes stand in its segment's arena, key before
/// value.
struct LogEntry {
    /// Who may read it.
    enum State: UInt8 {
        /// Everybody at once: written outside of a transaction.
        case plain
        /// Nobody yet: its transaction is open.
        case open
        case committed
        /// Nobody, ever.
        case aborted
        /// A control marker: takes an offset, carries nothing.
        case marker
    }

    var offset: Int64
    var start: Int
    /// −1 for none.
    var keyLength: Int32
    var valueLength: Int32
    var headers: [MessageHeader]
    var timestamp: Timestamp
    /// When the log took it, or for a committed entry its transaction's marker: consumers see it
    /// from then on, or later.
    var appendedAt: Timestamp
    var state: State

    var isReadable: Bool { state == .plain || state == .committed }
}

/// A run of offsets of fixed length.
private final class LogSegment {
    var arena: ByteWriter
    var entries: [LogEntry] = []
    /// Whether every offset has its entry: not after a compaction.
    var isDense = true

    init(capacity: Int) { arena = ByteWriter(capacity: capacity) }

    func clear() {
        arena.removeAll()
        entries.removeAll(keepingCapacity: true)
        isDense = true
    }

    /// The first entry at or beyond an offset.
    func index(of offset: Int64) -> Int {
        guard let first = entries.first?.offset else { return 0 }
        if isDense { return max(0, Int(offset - first)) }
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// One partition: messages and control markers in order, offsets from zero.
///
///     0 ──── committed, aborted, plain ──── lastStable ──── open transactions ──── end
///            what `read_committed` may see
final class PartitionLog {
    private static let segmentLength: Int64 = 1_024

    let topic: Topic
    let partition: Int32
    /// The offset that the next entry gets.
    private(set) var end: Int64 = 0
    /// One beyond the last readable entry: markers behind it are no lag.
    private(set) var dataEnd: Int64 = 0
    private var segments: Deque<LogSegment> = []
    /// A segment that was dropped: its memory serves again.
    private var spare: LogSegment?
    /// Number of the first segment kept.
    private var firstSegment: Int64 = 0
    /// Open transactions by their first offset here.
    private var open: [(transaction: Transaction, first: Int64)] = []

    init(topic: Topic, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// Consumers read up to here: the first offset of the oldest open transaction.
    var lastStable: Int64 { open.first?.first ?? end }
    var hasOpenTransaction: Bool { !open.isEmpty }

    // MARK: Writing

    /// - Parameter transaction: the open transaction that the message belongs to; nil for none.
    func append(
        key: ByteSlice?, value: ByteSlice?, headers: [MessageHeader], timestamp: Timestamp,
        at now: Timestamp, in transaction: Transaction? = nil
    ) {
        let segment = lastSegment()
        let start = segment.arena.count
        if let key { segment.arena.append(key) }
        if let value { segment.arena.append(value) }
        segment.entries.append(
            LogEntry(
                offset: end, start: start, keyLength: key.map { Int32($0.count) } ?? -1,
                valueLength: value.map { Int32($0.count) } ?? -1, headers: headers,
                // Kafka keeps whole milliseconds.
                timestamp: Timestamp(milliseconds: timestamp.milliseconds), appendedAt: now,
                state: transaction == nil ? .plain : .open))
        if let transaction {
            if transaction.note(self, offset: end) { open.append((transaction, end)) }
        } else {
            dataEnd = end + 1
        }
        end += 1
    }

    /// Ends a transaction here: what it wrote becomes readable, or never will; the marker follows.
    func end(
        _ transaction: Transaction, offsets: [Int64], isCommitted: Bool, at now: Timestamp
    ) {
        open.removeAll { $0.transaction === transaction }
        for offset in offsets {
            guard let (segment, index) = find(offset) else { continue }
            segment.entries[index].state = isCommitted ? .committed : .aborted
            segment.entries[index].appendedAt = now
        }
        if isCommitted, let last = offsets.last { dataEnd = max(dataEnd, last + 1) }
        let segment = lastSegment()
        segment.entries.append(
            LogEntry(
                offset: end, start: segment.arena.count, keyLength: -1, valueLength: -1,
                headers: [], timestamp: now, appendedAt: now, state: .marker))
        end += 1
    }

    private func lastSegment() -> LogSegment {
        let number = end / Self.segmentLength - firstSegment
        if number < segments.count { return segments[Int(number)] }
        let fresh = spare ?? LogSegment(capacity: segments.isEmpty ? 1_024 : 65_536)
        spare = nil
        segments.append(fresh)
        return fresh
    }

    private func dropFirst() {
        let old = segments.removeFirst()
        firstSegment += 1
        old.clear()
        spare = old
    }

    private func find(_ offset: Int64) -> (LogSegment, Int)? {
        let number = offset / Self.segmentLength - firstSegment
        guard number >= 0, number < segments.count else { return nil }
        let segment = segments[Int(number)]
        let index = segment.index(of: offset)
        guard index < segment.entries.count, segment.entries[index].offset == offset else {
            return nil
        }
        return (segment, index)
    }

    // MARK: Reading

    /// Visits entries from an offset on, in order, markers and aborted ones included, until `body`
    /// says no or `limit` is reached. The bytes are valid until the next append.
    ///
    /// - Returns: the offset to go on from.
    @inline(__always)
    func visit(
        from offset: Int64, to limit: Int64,
        _ body: (_ entry: borrowing LogEntry, _ key: ByteSlice?, _ value: ByteSlice?) -> Bool
    ) -> Int64 {
        var next = max(offset, firstSegment * Self.segmentLength)
        while next < limit {
            let number = Int(next / Self.segmentLength - firstSegment)
            guard number < segments.count else { return limit }
            let segment = segments[number]
            for index in segment.index(
                of: next)..<max(
                    segment.entries.count, segment.index(of: next))
            {
                let entry = segment.entries[index]
                guard entry.offset < limit else { return limit }
                let middle = entry.start + Int(max(0, entry.keyLength))
                let key = entry.keyLength < 0 ? nil : segment.arena.slice(entry.start..<middle)
                let value =
                    entry.valueLength < 0
                    ? nil : segment.arena.slice(middle..<middle + Int(entry.valueLength))
                guard body(entry, key, value) else { return entry.offset }
                next = entry.offset + 1
            }
            // What a compaction took away at the segment's end is passed over.
            next = max(
                next, min(limit, (firstSegment + Int64(number) + 1) * Self.segmentLength))
        }
        return next
    }

    // MARK: Cleaning

    /// Drops whole segments below an offset, as retention does.
    func trim(below offset: Int64) {
        while segments.count > 1, (firstSegment + 1) * Self.segmentLength <= offset {
            dropFirst()
        }
    }

    /// Drops whole segments whose last entry is older than an instant.
    func trim(olderThan instant: Timestamp) {
        while segments.count > 1, segments[0].entries.last.map({ $0.appendedAt < instant }) ?? true
        {
            guard (firstSegment + 1) * Self.segmentLength <= lastStable else { return }
            dropFirst()
        }
    }

    /// Keeps the last readable entry of each key below the last stable offset; aborted entries and
    /// markers go, and tombstones older than `tombstones`.
    ///
    /// - Returns: entries removed.
    func compact(tombstonesBefore tombstones: Timestamp) -> Int {
        let stable = lastStable
        var newer: Set<HashedKey> = []
        newer.reserveCapacity(segments.reduce(0) { $0 + $1.entries.count })
        var removed = 0
        // From the end: the first entry of a key that is met is its last.
        for segment in segments.reversed() {
            var kept: [LogEntry] = []
            for entry in segment.entries.reversed() {
                if entry.offset >= stable {
                    kept.append(entry)
                    continue
                }
                guard entry.isReadable else { continue }
                guard entry.keyLength >= 0 else {
                    kept.append(entry)
                    continue
                }
                let key = segment.arena.slice(entry.start..<entry.start + Int(entry.keyLength))
                let isTombstone = entry.valueLength < 0 && entry.appendedAt < tombstones
                if newer.insert(HashedKey(key)).inserted, !isTombstone { kept.append(entry) }
            }
            removed += segment.entries.count - kept.count
            if kept.count < segment.entries.count {
                segment.entries = kept.reversed()
                segment.isDense = false
            }
        }
        return removed
    }
}

/// A key as 128 hashed bits, to look it up by without a copy.
private struct HashedKey: Hashable {
    private let high: UInt64
    private let low: UInt64

    init(_ slice: ByteSlice) {
        (high, low) = unsafe slice.withUnsafeBytes { raw in
            unsafe (StableHash.hash64(raw), StableHash.hash64(raw, seed: 0x6B65_79))
        }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// The words are hashes already.
    func _rawHashValue(seed: Int) -> Int {
        let product = (low ^ UInt64(truncatingIfNeeded: seed)).multipliedFullWidth(by: high | 1)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
