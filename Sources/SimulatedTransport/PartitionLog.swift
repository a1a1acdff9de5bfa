internal import Contracts
internal import Determinism
internal import Stages

/// A message at rest; its bytes are ranges of its log's arena.
struct LogEntry {
    var key: Range<Int>?
    var value: Range<Int>?
    var headers: [MessageHeader]
    var timestamp: Timestamp
    /// When the log took it: consumers see it from then on, or later.
    var appendedAt: Timestamp
}

/// One partition: messages in order, offsets from zero, never trimmed.
///
/// Every message is readable as soon as it is appended; a transactional log will put its last
/// stable offset between `end` and what `read_committed` consumers may see.
final class PartitionLog {
    private var arena = ByteWriter(capacity: 4_096)
    private(set) var entries: [LogEntry] = []

    /// The offset that the next message gets.
    var end: Int64 { Int64(entries.count) }

    func append(
        key: ByteSlice?, value: ByteSlice?, headers: [MessageHeader], timestamp: Timestamp,
        at now: Timestamp
    ) {
        let keyRange = key.map { copy($0) }
        let valueRange = value.map { copy($0) }
        // Kafka keeps whole milliseconds.
        let stored = Timestamp(milliseconds: timestamp.milliseconds)
        entries.append(
            LogEntry(
                key: keyRange, value: valueRange, headers: headers, timestamp: stored,
                appendedAt: now))
    }

    private func copy(_ slice: ByteSlice) -> Range<Int> {
        let start = arena.count
        arena.append(slice)
        return start..<arena.count
    }

    /// Bytes of a message, valid until the next append.
    func key(_ offset: Int64) -> ByteSlice? { entries[Int(offset)].key.map { arena.slice($0) } }
    func value(_ offset: Int64) -> ByteSlice? { entries[Int(offset)].value.map { arena.slice($0) } }
}
