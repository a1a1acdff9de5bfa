public import Determinism

/// `features`: a valid record with its features in the model's order.
public struct FeaturesMessage: TopicMessage {
    public var id = ByteSlice.absent
    /// When the record reached its input topic: the start of its latency budget.
    public var receivedAt = Timestamp(microseconds: 0)
    /// Version of the model whose feature contract the record was checked against.
    public var model = ByteSlice.absent
    /// The user's own classical score in 0…1, where the record carries one.
    public var classicalScore: Double?
    public var context = RecordContext()
    /// Features in the model's order.
    public var features: [Double] = []

    public init() {}

    private static let names = FieldNames(
        "id", "receivedAtMs", "model", "features", "classicalScore", "tenant", "priority", "value",
        "latencyBudgetMs", "dataClass")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        context = RecordContext()
        classicalScore = nil
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: id = try value.requireString("id")
            case 1: receivedAt = try value.requireMilliseconds("receivedAtMs")
            case 2: model = try value.requireString("model")
            case 3: try value.requireNumbers("features", into: &features)
            case 4: classicalScore = try value.requireProbability("classicalScore")
            case let field?: try context.read(field: field - 5, value)
            case nil: break
            }
        }
        try fields.require(first: 4)
    }

    public func write(into out: inout ByteWriter) {
        writeHead(into: &out)
        out.member("features", numbers: features)
        writeTail(into: &out)
    }

    /// Everything before the features: ingestion writes those itself, digits as they came.
    public func writeHead(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("receivedAtMs", Int(receivedAt.milliseconds))
        out.member("model", model)
    }

    public func writeTail(into out: inout ByteWriter) {
        if let classicalScore { out.member("classicalScore", classicalScore) }
        context.write(into: &out)
        out.endObject()
    }
}

extension RecordContext {
    /// Reads field 0…4: tenant, priority, value, latencyBudgetMs, dataClass.
    mutating func read(field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 0: tenant = try value.requireString("tenant")
        case 1: priority = try value.requireCase("priority")
        case 2: self.value = try value.requireNumber("value")
        case 3: latencyBudgetMilliseconds = try Self.latencyBudget(value)
        default: dataClass = try value.requireCase("dataClass")
        }
    }
}
