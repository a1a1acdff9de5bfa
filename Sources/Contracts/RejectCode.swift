/// Why a message went to `rejects`: the value of the `tandem-error-code` header.
public enum RejectCode: String, Sendable, CaseIterable, Codable {
    /// The message has no Kafka key.
    case missingKey
    /// The message has no value, or an empty one.
    case emptyValue
    /// The value is larger than `ingestion.maximumRecordBytes`.
    case oversize
    /// The value is not one JSON object in UTF-8.
    case malformedJSON
    /// A required field is absent.
    case missingField
    /// A field stands twice.
    case duplicateField
    /// A field has the wrong JSON type.
    case wrongType
    /// A value is outside its documented range.
    case outOfRange
    /// `time` is not RFC 3339.
    case invalidTime
    /// `id` is empty or longer than 256 bytes.
    case idLength
    /// A feature that the model does not know.
    case unknownFeature
    /// A feature of the model is absent.
    case missingFeature
    /// An array of features has the wrong length.
    case featureCount
    /// A message that another stage wrote cannot be read.
    case undecodable
    /// A message made with a model version that is not on the `models` topic.
    case unknownModel
    /// A message at which the stage itself failed, more than once: see `tandem-error-message`.
    case stageFailure
}

/// A message breaks its contract: a value, not a program error.
public struct ContractViolation: Error, Sendable, Equatable, CustomStringConvertible {
    public let code: RejectCode
    /// One line that names the field, what it holds and what is allowed.
    public let message: String

    public init(_ code: RejectCode, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
