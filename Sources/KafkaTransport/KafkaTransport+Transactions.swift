internal import CRdkafka
public import Contracts
public import Determinism
public import Pipeline
public import Stages

extension KafkaTransport: TransactionalTransport {
    public func initializeTransactions(timeout: TimeSpan) throws(TransportFailure) {
        try unsafe check(
            rd_kafka_init_transactions(writer.handle.pointer, timeout.milliseconds),
            "taking the transactional id over")
    }

    public func beginTransaction() throws(TransportFailure) {
        try unsafe check(
            rd_kafka_begin_transaction(writer.handle.pointer), "beginning a transaction")
    }

    public func sendOffsets(
        _ commits: [OffsetCommit], timeout: TimeSpan
    ) throws(TransportFailure) {
        let list = unsafe list(of: commits)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        // The group's generation and this member's id: what fences a member that is out.
        guard let membership = unsafe rd_kafka_consumer_group_metadata(consumer.pointer) else {
            throw TransportFailure(.abortable, "group '\(group)' has no membership")
        }
        defer { unsafe rd_kafka_consumer_group_metadata_destroy(membership) }
        try unsafe check(
            rd_kafka_send_offsets_to_transaction(
                writer.handle.pointer, list, membership, timeout.milliseconds),
            "putting positions into a transaction")
    }

    public func commitTransaction(timeout: TimeSpan) throws(TransportFailure) {
        try unsafe check(
            rd_kafka_commit_transaction(writer.handle.pointer, timeout.milliseconds),
            "committing a transaction")
    }

    public func abortTransaction(timeout: TimeSpan) throws(TransportFailure) {
        try unsafe check(
            rd_kafka_abort_transaction(writer.handle.pointer, timeout.milliseconds),
            "aborting a transaction")
        writer.context.ledger.forgive()
    }

    public func rewind() throws(TransportFailure) {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard unsafe rd_kafka_assignment(consumer.pointer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let list = unsafe list
        else { return }
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        guard unsafe list.pointee.cnt > 0 else { return }
        unsafe assign(list)
        if let assignmentFailure { throw TransportFailure(.fatal, assignmentFailure) }
    }

    /// Takes an error of a transactional call over, in its class.
    private func check(_ error: OpaquePointer?, _ doing: String) throws(TransportFailure) {
        guard let error = unsafe error else { return }
        defer { unsafe rd_kafka_error_destroy(error) }
        let words = unsafe String(cString: rd_kafka_error_string(error))
        let name = unsafe String(cString: rd_kafka_error_name(error))
        let kind: TransportFailure.Kind
        if unsafe rd_kafka_error_is_fatal(error) != 0 {
            kind = .fatal
        } else if unsafe rd_kafka_error_txn_requires_abort(error) != 0 {
            kind = .abortable
        } else if unsafe rd_kafka_error_is_retriable(error) != 0
            || rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT
        {
            kind = .retriable
        } else {
            kind = .fatal
        }
        throw TransportFailure(kind, "group '\(group)': \(doing): \(words) (\(name))")
    }

    // MARK: State

    public func startRestoring(
        _ topic: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {
        do {
            changelog = nil
            let ends =
                unsafe try ends
                ?? KafkaHandle(
                    .consumer,
                    properties: KafkaProperties.uncommittedReader(address, clientID: group),
                    callbacks: CallbackContext(log: log))
            self.ends = ends
            changelog = try ChangelogReader(
                address, topic, partitions: partitions, since: since, ends: ends, log: log)
        } catch {
            throw TransportFailure(.retriable, "restoring '\(topic.rawValue)': \(error)")
        }
    }

    public func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        guard let reader = changelog else {
            return RestoreProgress(restored: 0, total: 0, isComplete: true)
        }
        do {
            try reader.poll(into: &batch, maximum: maximum, timeout: timeout)
        } catch {
            throw TransportFailure(.fatal, error.description)
        }
        let progress = reader.progress
        if progress.isComplete { changelog = nil }
        return progress
    }
}

extension TimeSpan {
    fileprivate var milliseconds: Int32 { Int32(clamping: (microseconds + 999) / 1_000) }
}
