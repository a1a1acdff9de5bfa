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

    /// Takes in what has come; waits at most `timeout` milliseconds for the first.
    func look(into effect: inout KillSwitchEffect, timeout: Int) throws {
        var verdict = ClassicalVerdictMessage()
        var batch = InboundBatch()
        try reader.poll(into: &batch, timeout: timeout)
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
}
