import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages

/// Settings in force and every change to them, read from the control topic.
struct ControlLog {
    /// By the setting's key, in order of keys.
    private(set) var current: [String: ControlMessage] = [:]
    /// Oldest first; each change once.
    private(set) var changes: [ControlMessage] = []
    private var known: Set<String> = []
    private let parser = JSONParser()

    init() {}

    /// Reads the whole topic.
    init(_ address: ClusterAddress) throws {
        self.init()
        var log = self
        let scan = TopicScan(address, label: "control")
        _ = try scan.read([.control], from: .beginning) { batch, index in
            log.take(key: batch.key(index), value: batch.value(index))
        }
        self = log
    }

    /// Takes one message in, in the topic's order; what cannot be read is passed over.
    mutating func take(key: ByteSlice?, value: ByteSlice?) {
        var message = ControlMessage()
        guard let value, (try? message.read(value, with: parser)) != nil else { return }
        // A change stands twice; older versions wrote it once, under the setting's key alone.
        if known.insert(message.logKey).inserted { changes.append(message) }
        if let key, message.isLog(key: key) { return }
        current[message.key] = message
    }

    /// Puts a change on the topic and waits until the cluster has it.
    ///
    /// The history's entry goes first: whoever sees the setting can look up who set it.
    static func write(_ message: ControlMessage, with writer: KafkaWriter) throws {
        var bytes = ByteWriter(capacity: 512)
        message.write(into: &bytes)
        let value = OwnedBytes(bytes.contents)
        var batch = OutboundBatch()
        let keys = [OwnedBytes(message.logKey), OwnedBytes(message.key)]
        withExtendedLifetime((keys, value)) {
            for key in keys {
                batch.emit(
                    to: .control, key: key.slice, value: value.slice, headers: [], timestamp: nil)
            }
        }
        try writer.send(batch)
        try writer.flush(timeout: 10_000)
    }

    /// Puts a change on the topic where nobody can be watched: it does not depend on that.
    ///
    /// - Returns: what the command ends with.
    static func writeUnwatched(
        _ message: ControlMessage, with writer: KafkaWriter, because error: any Error
    ) throws -> CommandFailure {
        try write(message, with: writer)
        return CommandFailure(
            "\(message.key) is \(message.shown), but who obeys it cannot be seen: \(error)")
    }

    static func writer(_ address: ClusterAddress) throws -> KafkaWriter {
        let writer = try KafkaWriter(address, clientID: "tandem-control", log: ClusterSession.log)
        try writer.requireBroker(address.brokers)
        return writer
    }
}

extension ControlMessage {
    /// The value as people read it: `canary 5%`, `on (drill)`.
    var shown: String {
        if let percent { return "\(value) \(percent.formatted(.number.grouping(.never)))%" }
        return drill ? "\(value) (drill)" : value
    }
}
