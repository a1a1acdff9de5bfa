import Contracts
import Determinism
import KafkaTransport
import Pipeline
import Stages

/// One message of `rejects`, with bytes of its own.
struct Reject {
    let position: MessagePosition
    let timestamp: Timestamp
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: [MessageHeader]
    let note: RejectNote

    init(_ batch: borrowing InboundBatch, _ index: Int, note: RejectNote) {
        let message = batch.messages[index]
        position = message.position
        timestamp = message.timestamp
        key = batch.key(index)?.bytes
        value = batch.value(index)?.bytes
        headers = message.headers
        self.note = note
    }
}

/// Reads `rejects` from outside of any group.
enum RejectsTopic {
    /// For each partition that holds any rejects, the offset behind the last one.
    static func ends(_ address: ClusterAddress) throws -> [Int32: Int64] {
        let reader = try reader(address, from: .beginning)
        var ends: [Int32: Int64] = [:]
        var batch = InboundBatch()
        while !reader.isCaughtUp, !StopSignal.shared.isRequested {
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 100)
            for message in batch.messages {
                ends[message.position.partition] = message.position.offset + 1
            }
        }
        return ends
    }

    /// The newest of the selected rejects.
    static func newest(
        _ limit: Int, _ selection: RejectSelection, on address: ClusterAddress
    ) throws -> Newest<Reject> {
        let reader = try reader(address, from: .beginning)
        var newest = Newest<Reject>(limit: limit)
        var batch = InboundBatch()
        while !reader.isCaughtUp, !StopSignal.shared.isRequested {
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 100)
            for index in 0..<batch.count {
                let message = batch.messages[index]
                let note = RejectNote(headers: message.headers)
                guard selection.contains(note, timestamp: message.timestamp) else { continue }
                newest.insert(Reject(batch, index, note: note), at: message.timestamp)
            }
        }
        return newest
    }

    private static func reader(
        _ address: ClusterAddress, from start: KafkaReader.Start
    ) throws -> KafkaReader {
        try KafkaReader(
            address, topics: [.rejects], from: start, clientID: "tandem-rejects",
            log: ClusterSession.log)
    }

    /// The reject at a position; nil when there is none (any more).
    static func reject(
        partition: Int32, offset: Int64, on address: ClusterAddress
    ) throws -> Reject? {
        let reader = try reader(address, from: .at(partition: partition, offset: offset))
        var batch = InboundBatch()
        do {
            while !reader.isCaughtUp, batch.isEmpty, !StopSignal.shared.isRequested {
                try reader.poll(into: &batch, timeout: 100)
            }
        } catch {
            guard error.isOffsetOutOfRange else { throw error }
            return nil
        }
        guard batch.messages.first?.position.offset == offset else { return nil }
        return Reject(batch, 0, note: RejectNote(headers: batch.messages[0].headers))
    }
}

extension Timestamp {
    /// `2026-11-21T10:15:30.250Z`.
    var rfc3339: String {
        var writer = ByteWriter(capacity: 64)
        writer.append(rfc3339: self)
        return String(decoding: writer.contents, as: UTF8.self)
    }
}
