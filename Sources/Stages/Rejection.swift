public import Contracts

extension OutboundBatch {
    /// Puts an input on `rejects`: key, bytes, timestamp and headers untouched, plus headers that
    /// say why.
    ///
    /// `tandem-error-*` headers are ours; `__connect.errors.*` are those of Kafka Connect's dead
    /// letter queues, so that tools made for them work.
    public mutating func reject(
        _ batch: borrowing InboundBatch, _ index: Int, by stage: StageName,
        because violation: ContractViolation
    ) {
        let message = batch.messages[index]
        let position = message.position
        let topic = position.topic.name(prefix: batch.topicPrefix)
        let errors = [
            MessageHeader("tandem-error-stage", stage.rawValue),
            MessageHeader("tandem-error-code", violation.code.rawValue),
            MessageHeader("tandem-error-message", violation.message),
            MessageHeader("tandem-error-topic", topic),
            MessageHeader("tandem-error-partition", String(position.partition)),
            MessageHeader("tandem-error-offset", String(position.offset)),
            MessageHeader("__connect.errors.topic", topic),
            MessageHeader("__connect.errors.partition", String(position.partition)),
            MessageHeader("__connect.errors.offset", String(position.offset)),
            MessageHeader("__connect.errors.stage", stage.rawValue),
            MessageHeader("__connect.errors.exception.class.name", violation.code.rawValue),
            MessageHeader("__connect.errors.exception.message", violation.message),
        ]
        emit(
            to: .rejects, key: batch.key(index), value: batch.value(index),
            headers: message.headers + errors, timestamp: message.timestamp)
    }
}
