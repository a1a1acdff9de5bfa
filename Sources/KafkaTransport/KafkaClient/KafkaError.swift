internal import CRdkafka

/// What librdkafka or a broker answered, with the words of both.
public struct KafkaError: Error, Sendable, CustomStringConvertible {
    /// librdkafka's code: negative for its own errors, positive for the protocol's.
    public let code: Int
    public let description: String

    public init(code: Int, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Whether a reader was sent to an offset that the log does not hold (any more).
    public var isOffsetOutOfRange: Bool {
        code == Int(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue)
    }

    init(_ error: rd_kafka_resp_err_t, doing action: String) {
        let name = unsafe String(cString: rd_kafka_err2name(error))
        let words = unsafe String(cString: rd_kafka_err2str(error))
        self.init(code: Int(error.rawValue), "\(action): \(words) (\(name))")
    }

    /// A configuration property that librdkafka refuses; its value may be a secret.
    static func property(_ name: String, _ words: String) -> KafkaError {
        KafkaError(code: -1, "Kafka property '\(name)': \(words)")
    }

    static func unreachable(_ brokers: String, _ words: String) -> KafkaError {
        KafkaError(
            code: -195,
            "no broker answers at '\(brokers)' (\(words)); check --brokers, the network and TLS settings"
        )
    }
}
