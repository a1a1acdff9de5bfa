public import Contracts
internal import CRdkafka
internal import Glibc
public import Pipeline

/// How far each stage's group is behind the last stable offsets of what it reads, and how many members
/// it has.
///
/// Looks from outside: it joins no group. Owned by one thread; every call asks the cluster.
public final class StageWatch {
    private let stages: [StageName]
    /// Whether the cluster can be asked for groups: librdkafka 2.0.2 ends the process (a failed assertion
    /// in `rd_kafka_enq_once_del_source_return`) when a broker does not know that request.
    private let describesGroups: Bool
    private let progress: GroupProgress
    private let probe: LagProbe
    private static let timeout: Int32 = 5_000

    /// - Throws: when a topic does not exist or no broker answers.
    public init(
        _ address: ClusterAddress, stages: [StageName] = StageName.allCases, log: @escaping KafkaLog
    ) throws(KafkaError) {
        self.stages = stages
        describesGroups = !address.isEmbedded
        progress = try GroupProgress(
            address,
            stages.map {
                .init(
                    group: address.topicPrefix + $0.rawValue, topics: Topology.edges(of: $0).reads)
            }, log: log)
        probe = try LagProbe(address, log: log)
    }

    /// One entry for each stage, in their order.
    ///
    /// Positions are asked for before ends, and what lies between is looked at: a stage that is idle had
    /// read everything that was there.
    public func look() throws(KafkaError) -> [StageProgress] {
        let positions = try progress.positions()
        let starts = try progress.ends(Int64(RD_KAFKA_OFFSET_BEGINNING))
        let ends = try progress.ends(Int64(RD_KAFKA_OFFSET_END))
        let members = members()
        var found: [StageProgress] = []
        for (index, stage) in stages.enumerated() {
            let reading = progress.readings[index]
            let topics = reading.topics.map { topic in
                let committed = positions[index][topic] ?? []
                return StageProgress.TopicProgress(
                    topic: topic,
                    partitions: (ends[topic] ?? []).enumerated().map { number, end in
                        partition(
                            number, start: starts[topic]?[number] ?? 0, end: end,
                            committed.indices.contains(number) ? committed[number] : nil)
                    })
            }
            found.append(
                StageProgress(
                    stage: stage, group: reading.group, members: members[reading.group],
                    topics: try probe.look(at: topics)))
        }
        return found
    }

    private func partition(
        _ number: Int, start: Int64, end: Int64, _ committed: GroupProgress.Committed?
    ) -> PartitionProgress {
        let offset = committed.flatMap { $0.offset >= 0 ? $0.offset : nil }
        var progress = PartitionProgress(
            partition: Int32(number), start: max(0, start), end: max(0, end), committed: offset)
        if let offset, let committed {
            progress.completed = CommitMetadata.decode(
                position: offset, committed.metadata)
        }
        return progress
    }

    /// Members of each stage's group; nothing for one that the cluster does not describe.
    public func memberCounts() -> [StageName: Int] {
        let members = members()
        var counts: [StageName: Int] = [:]
        for (stage, reading) in zip(stages, progress.readings) {
            counts[stage] = members[reading.group]
        }
        return counts
    }

    /// Members of each group; nothing for one that the cluster does not describe.
    private func members() -> [String: Int] {
        guard describesGroups else { return [:] }
        let handle = unsafe progress.handle.pointer
        let queue = unsafe rd_kafka_queue_new(handle)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        let options = unsafe rd_kafka_AdminOptions_new(
            handle, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        var words = [CChar](repeating: 0, count: 256)
        _ = unsafe rd_kafka_AdminOptions_set_request_timeout(
            options, Self.timeout, &words, words.count)
        var names: [UnsafePointer<CChar>?] = unsafe progress.readings.map { reading in
            unsafe UnsafePointer(strdup(reading.group))
        }
        defer { unsafe names.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        unsafe rd_kafka_DescribeConsumerGroups(handle, &names, names.count, options, queue)
        guard let event = unsafe rd_kafka_queue_poll(queue, Self.timeout + 1_000) else {
            return [:]
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        return unsafe Self.memberCounts(in: event)
    }

    private static func memberCounts(in event: OpaquePointer) -> [String: Int] {
        guard unsafe rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let result = unsafe rd_kafka_event_DescribeConsumerGroups_result(event)
        else { return [:] }
        var count = 0
        let groups = unsafe rd_kafka_DescribeConsumerGroups_result_groups(result, &count)
        var found: [String: Int] = [:]
        for index in 0..<count {
            guard let group = unsafe groups?[index],
                unsafe rd_kafka_ConsumerGroupDescription_error(group) == nil,
                let name = unsafe rd_kafka_ConsumerGroupDescription_group_id(group)
            else { continue }
            found[unsafe String(cString: name)] =
                unsafe rd_kafka_ConsumerGroupDescription_member_count(group)
        }
        return found
    }
}
