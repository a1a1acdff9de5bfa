import Contracts
import Determinism
import SimulatedTransport
import Stages

/// Compares the state that a stage has with the one that a restart would find: both copies are
/// given the same recent inputs and told to let go of all that waits, and must write the same.
struct StateProbe {
    private(set) var examined = 0
    var hasExamined: Bool { examined > 0 }
    private(set) var violations: [Violation] = []

    mutating func examine(
        _ name: InstanceName, _ pipeline: SimulatedPipeline, _ stages: ChaosStages
    ) {
        guard let (live, partitions) = pipeline.settledStage(of: name), violations.count < 20,
            let state = live.durableState,
            var fresh = try? stages.plainStage(name.stage, skew: .zero)
        else { return }
        let cluster = pipeline.cluster
        var control = pipeline.controlSnapshot
        control.killSwitch = true
        let context = StageContext(now: pipeline.time.now(), control: control)
        let owned = Topology.edges(of: name.stage).reads.flatMap { topic in
            partitions.map { (topic, $0) }
        }
        fresh.own(owned, now: context.now)
        var refused = OutboundBatch()
        for log in [state] + state.further {
            fresh.restore(
                Self.entries(cluster, log.changelog, partitions), context, into: &refused)
        }
        var copy = live
        let inputs = Self.inputs(cluster, name.stage, partitions)
        let had = Self.output(of: &copy, inputs, context)
        let found = Self.output(of: &fresh, inputs, context)
        examined += 1
        if !refused.messages.isEmpty {
            violations.append(
                Violation(
                    check: .restoration,
                    text: "\(name): \(refused.messages.count) entries of its state are unreadable"))
        }
        guard had != found else { return }
        let lost = had.filter { !found.contains($0) }.count
        let extra = found.filter { !had.contains($0) }.count
        violations.append(
            Violation(
                check: .restoration,
                text: "\(name): \(lost) outputs missing after a restart, \(extra) too many"))
    }

    private static func entries(
        _ cluster: SimulatedCluster, _ topic: Topic, _ partitions: [Int32]
    ) -> InboundBatch {
        var batch = InboundBatch()
        for partition in partitions {
            append(cluster, topic, partition, from: 0, to: .max, into: &batch)
        }
        return batch
    }

    /// The last inputs that the stage has done with.
    private static func inputs(
        _ cluster: SimulatedCluster, _ stage: StageName, _ partitions: [Int32]
    ) -> InboundBatch {
        var batch = InboundBatch()
        for topic in Topology.edges(of: stage).reads {
            for partition in partitions {
                guard let end = cluster.committed(stage.rawValue, topic, partition) else {
                    continue
                }
                append(cluster, topic, partition, from: max(0, end - 40), to: end, into: &batch)
            }
        }
        return batch
    }

    private static func append(
        _ cluster: SimulatedCluster, _ topic: Topic, _ partition: Int32, from: Int64, to: Int64,
        into batch: inout InboundBatch
    ) {
        cluster.forEachMessage(of: topic, partition, from: from) { message in
            guard message.offset < to else { return }
            batch.append(
                at: MessagePosition(topic: topic, partition: partition, offset: message.offset),
                timestamp: message.timestamp, key: message.key, value: message.value,
                headers: message.headers)
        }
    }

    /// What a stage writes, in an order of its own: timers may fire in any.
    private static func output(
        of stage: inout any Stage, _ inputs: borrowing InboundBatch, _ context: StageContext
    ) -> [String] {
        var out = OutboundBatch()
        stage.process(inputs, context, into: &out)
        stage.tick(context, into: &out)
        // What instances ask of and give each other is due by their own heartbeats, and a new owner
        // answers again; that caps hold all the same is a check of its own.
        let indices = (0..<out.messages.count).filter {
            out.messages[$0].topic != .leases && out.messages[$0].topic != .budgets
        }
        return indices.map { index in
            let key = out.key(index)?.string ?? ""
            return "\(out.messages[index].topic.rawValue) \(key) \(out.value(index)?.string ?? "")"
        }.sorted()
    }
}
