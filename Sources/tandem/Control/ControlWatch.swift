import Contracts
import Determinism
import KafkaTransport
import Stages

/// Reads `control` and `instances` from the beginning and goes on: what is set, and who obeys it.
final class ControlWatch {
    private(set) var state = Acknowledgements()
    private let address: ClusterAddress
    private let reader: KafkaReader
    private let time = SystemTimeSource()
    private var batch = InboundBatch()

    /// Reads what is there.
    init(_ address: ClusterAddress) throws {
        self.address = address
        reader = try KafkaReader(
            address, topics: [.control, .instances], from: .beginning, clientID: "tandem-control",
            log: ClusterSession.log)
        let latest = time.now() + .seconds(10 as Int64)
        while !reader.isCaughtUp {
            guard time.now() < latest else {
                throw CommandFailure("the control topics cannot be read: no answer within 10 s")
            }
            try poll(timeout: 50, seenAt: nil)
        }
    }

    /// Takes in what has come; waits at most `timeout` milliseconds for the first.
    func look(timeout: Int) throws { try poll(timeout: timeout, seenAt: time) }

    private func poll(timeout: Int, seenAt clock: SystemTimeSource?) throws {
        batch.removeAll()
        try reader.poll(into: &batch, timeout: timeout)
        let seenAt = clock?.now()
        for index in 0..<batch.count {
            let position = batch.messages[index].position
            if position.topic == .control {
                state.takeControl(
                    key: batch.key(index), value: batch.value(index), offset: position.offset)
            } else {
                state.takeInstance(
                    key: batch.key(index), value: batch.value(index), seenAt: seenAt)
            }
        }
    }

    /// Puts a change on the topic; from here on it is waited for.
    ///
    /// - Returns: just before it was sent.
    func send(_ message: ControlMessage, with writer: KafkaWriter) throws -> Timestamp {
        let sentAt = time.now()
        state.begin(message, at: sentAt)
        try ControlLog.write(message, with: writer)
        return sentAt
    }

    /// Waits until every instance that lives has the change, or until `limit` after it was sent.
    func wait(since sentAt: Timestamp, limit: TimeSpan) throws {
        while !StopSignal.shared.isRequested {
            let now = time.now()
            if state.isSettled(now: now) || now - sentAt >= limit { return }
            try look(timeout: 20)
        }
    }

    /// What has become of the change up to now.
    var rows: [Acknowledgements.Row] { state.rows(now: time.now()) }

    /// How many members the stages' groups have, as far as the cluster tells: no reason to fail.
    func memberCounts(_ setting: ControlMessage.Setting) -> [StageName: Int] {
        guard !address.isEmbedded,
            let watch = try? StageWatch(
                address, stages: setting.obeyedBy, log: ClusterSession.log)
        else { return [:] }
        return watch.memberCounts()
    }
}
