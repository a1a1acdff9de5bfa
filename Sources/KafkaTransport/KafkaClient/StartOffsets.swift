internal import CRdkafka
import Determinism

/// Numbers for "the beginning" and "the end" of partitions.
///
/// librdkafka can look them up by itself, but waits half a second first (2.0.2, hard-coded) for a
/// partition whose leader it has not been told yet, as always after a first assignment: the first
/// records of a fresh cluster then waited that long at each stage. To a partition with a number it
/// goes as soon as it knows the leader.
enum StartOffsets {
    private static let timeout: Int32 = 5_000

    /// Replaces `RD_KAFKA_OFFSET_BEGINNING` and `_END` in a list by what they are now.
    ///
    /// What the cluster does not tell stays as it is, for librdkafka to look up. A partition that is
    /// trimmed in the meantime gives an offset out of range, an error, and skips nothing.
    static func resolve(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, on handle: KafkaHandle
    ) {
        let wanted = unsafe rd_kafka_topic_partition_list_new(list.pointee.cnt)
        defer { unsafe rd_kafka_topic_partition_list_destroy(wanted) }
        for index in 0..<Int(unsafe list.pointee.cnt) {
            let entry = unsafe list.pointee.elems[index]
            guard unsafe isLogical(entry.offset) else { continue }
            let copy = unsafe rd_kafka_topic_partition_list_add(
                wanted, entry.topic, entry.partition)
            // The protocol asks for both ends as for a time, with these very numbers.
            unsafe copy?.pointee.offset = entry.offset
        }
        guard let wanted = unsafe wanted, unsafe wanted.pointee.cnt > 0,
            unsafe rd_kafka_offsets_for_times(handle.pointer, wanted, timeout)
                == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return }
        for index in 0..<Int(unsafe wanted.pointee.cnt) {
            let found = unsafe wanted.pointee.elems[index]
            guard unsafe found.err == RD_KAFKA_RESP_ERR_NO_ERROR, unsafe found.offset >= 0 else {
                continue
            }
            _ = unsafe rd_kafka_topic_partition_list_set_offset(
                list, found.topic, found.partition, found.offset)
        }
    }

    /// Sets each entry to the partition's first message of an instant or later, or to the end where
    /// there is none; what the cluster does not tell stays as it is.
    static func seek(
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, to instant: Timestamp,
        on handle: KafkaHandle
    ) {
        guard let wanted = unsafe rd_kafka_topic_partition_list_copy(list) else { return }
        defer { unsafe rd_kafka_topic_partition_list_destroy(wanted) }
        for index in 0..<Int(unsafe wanted.pointee.cnt) {
            unsafe wanted.pointee.elems[index].offset = max(0, instant.milliseconds)
        }
        guard
            unsafe rd_kafka_offsets_for_times(handle.pointer, wanted, timeout)
                == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return }
        for index in 0..<Int(unsafe wanted.pointee.cnt) {
            let found = unsafe wanted.pointee.elems[index]
            guard unsafe found.err == RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            _ = unsafe rd_kafka_topic_partition_list_set_offset(
                list, found.topic, found.partition, found.offset)
        }
    }

    private static func isLogical(_ offset: Int64) -> Bool {
        offset == Int64(RD_KAFKA_OFFSET_BEGINNING) || offset == Int64(RD_KAFKA_OFFSET_END)
    }
}
