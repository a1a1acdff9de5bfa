public import Determinism

/// `reduced`: principal components and the classical score of a record.
public struct ReducedMessage: TopicMessage {
    public var id = ByteSlice.absent
    public var receivedAt = Timestamp(microseconds: 0)
    public var model = ByteSlice.absent
    /// The classical score in 0…1.
    public var classicalScore = 0.0
    /// Whether the score came with the record (`record`) or from the built-in baseline
    /// (`baseline`).
    public var classicalModel = ClassicalModel.baseline
    public var context = RecordContext()
    /// Principal components of the standardised, clipped features.
    public var components: [Double] = []

    public init() {}

    private static let names = FieldNames(
        "id", "receivedAtMs", "model", "components", "classicalScore", "classicalModel", "tenant",
        "priority", "value", "latencyBudgetMs", "dataClass")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        context = RecordContext()
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: id = try value.requireString("id")
            case 1: receivedAt = try value.requireMilliseconds("receivedAtMs")
            case 2: model = try value.requireString("model")
            case 3: try value.requireNumbers("components", into: &components)
            case 4: classicalScore = try value.requireProbability("classicalScore")
            case 5: classicalModel = try value.requireCase("classicalModel")
            case let field?: try context.read(field: field - 6, value)
            case nil: break
            }
        }
        try fields.require(first: 6)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("receivedAtMs", Int(receivedAt.milliseconds))
        out.member("model", model)
        out.member("components", numbers: components)
        out.member("classicalScore", classicalScore)
        out.member("classicalModel", classicalModel.rawValue)
        context.write(into: &out)
        out.endObject()
    }
}

/// Where a classical score came from.
public enum ClassicalModel: String, Sendable, CaseIterable, Codable {
    case record, baseline
}
