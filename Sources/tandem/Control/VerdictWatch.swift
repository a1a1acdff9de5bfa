import Contracts
import Determinism
import KafkaTransport
import Stages

/// Looks at verdicts as they come, from now on.
struct VerdictWatch {
    private let reader: KafkaReader
    private let time = SystemTimeSource()
    private let parser = JSONParser()

    /// Waits until it stands at the end of every partition, so that nothing later is missed.
    init(_ address: ClusterAddress) throws {
        reader = try KafkaReader(
            address, topics: [.verdicts], from: .end, clientID: "tandem-control",
            log: ClusterSession.log)
        var batch = InboundBatch()
        let latest = time.now() + .seconds(10 as Int64)
        while !reader.isCaughtUp {
            guard time.now() < latest else {
                throw CommandFailure("the verdicts cannot be read: no answer within 10 s")
            }
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 50)
        }
    }

    /// Looks until every partition with records has stopped admitting and a second has passed, or
    /// until `limit` has.
    func effect(since setAt: Timestamp, limit: TimeSpan) throws -> KillSwitchEffect {
        var effect = KillSwitchEffect(setAt: setAt)
        var verdict = ClassicalVerdictMessage()
        var batch = InboundBatch()
        let quiet = setAt + .seconds(1 as Int64)
        while !StopSignal.shared.isRequested {
            let now = time.now()
            if now - setAt >= limit || (effect.isSettled && now >= quiet) { break }
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 20)
            let seenAt = time.now()
            for index in 0..<batch.count {
                // Quantum verdicts lack what a classical one must have.
                guard let value = batch.value(index),
                    (try? verdict.read(value, with: parser)) != nil
                else { continue }
                effect.take(
                    partition: batch.messages[index].position.partition, reason: verdict.reason,
                    decidedAt: verdict.decision?.decidedAt, seenAt: seenAt)
            }
        }
        return effect
    }
}
