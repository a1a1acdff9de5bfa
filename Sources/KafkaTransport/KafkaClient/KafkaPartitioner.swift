internal import CRdkafka
public import Contracts

/// Where a message of a key lives.
public enum KafkaPartitioner {
    /// The partition to which Tandem's producers, and Java's by default, send a key: murmur2.
    ///
    /// The hash is librdkafka's own, the one that our producers call.
    ///
    /// - Parameters:
    ///   - key: a message without a key goes anywhere.
    ///   - partitions: at least 1.
    public static func partition(of key: ByteSlice, among partitions: Int) -> Int32 {
        precondition(partitions > 0, "a topic has a partition")
        return unsafe key.withUnsafeBytes { bytes in
            unsafe rd_kafka_msg_partitioner_murmur2(
                nil, bytes.baseAddress, bytes.count, Int32(partitions), nil, nil)
        }
    }
}
