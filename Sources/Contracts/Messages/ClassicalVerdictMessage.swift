public import Determinism

/// The classical half of `verdicts`: written by admission for every record.
public struct ClassicalVerdictMessage: TopicMessage {
    public var id = ByteSlice.absent
    /// The classical score in 0…1.
    public var score = 0.0
    public var classicalModel = ClassicalModel.baseline
    public var model = ByteSlice.absent
    public var receivedAt = Timestamp(microseconds: 0)
    public var deadline = Timestamp(microseconds: 0)
    /// Whether a quantum job was written for the record.
    public var admitted = false
    /// `accepted` when admitted, else the first refusal.
    public var reason = ReasonCode.accepted
    /// Probability with which the record would have been admitted, over the policy's own
    /// randomness.
    public var propensity = 0.0
    public var predictedWaitMilliseconds = 0.0
    public var mode = Mode.shadow
    public var tenant: ByteSlice?
    /// What the decision was made by; nil in messages of older versions.
    public var decision: DecisionRecord?

    public init() {}

    static let names = FieldNames(
        "kind", "id", "score", "classicalModel", "model", "receivedAtMs", "deadlineMs", "admitted",
        "reason", "propensity", "predictedWaitMs", "mode", "tenant",
        "decision")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        try read(object, takesDecision: true)
    }

    /// - Parameter takesDecision: whether `decision` is wanted; a stage that joins verdicts has no use
    ///   for it, and saves its time. Left out, it is not checked either.
    public mutating func read(
        _ object: JSONValue, takesDecision: Bool
    ) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        tenant = nil
        decision = nil
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 1: id = try value.requireString("id")
            case 2: score = try value.requireProbability("score")
            case 3: classicalModel = try value.requireCase("classicalModel")
            case 4: model = try value.requireString("model")
            case 5: receivedAt = try value.requireMilliseconds("receivedAtMs")
            case 6: deadline = try value.requireMilliseconds("deadlineMs")
            case 7: admitted = try value.requireBoolean("admitted")
            case 8: reason = try value.requireCase("reason")
            case 9: propensity = try value.requireProbability("propensity")
            case 10: predictedWaitMilliseconds = try value.requireNumber("predictedWaitMs")
            case 11: mode = try value.requireCase("mode")
            case 12: tenant = try value.requireString("tenant")
            case 13: if takesDecision { decision = try DecisionRecord(value) }
            default: break
            }
        }
        try fields.require(first: 12)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("kind", "classical")
        out.member("id", id)
        out.member("score", score)
        out.member("classicalModel", classicalModel.rawValue)
        out.member("model", model)
        out.member("receivedAtMs", Int(receivedAt.milliseconds))
        out.member("deadlineMs", Int(deadline.milliseconds))
        out.member("admitted", admitted)
        out.member("reason", reason.rawValue)
        out.member("propensity", propensity)
        out.member("predictedWaitMs", predictedWaitMilliseconds)
        out.member("mode", mode.rawValue)
        if let tenant { out.member("tenant", tenant) }
        if let decision {
            out.name("decision")
            decision.write(into: &out)
        }
        out.endObject()
    }
}
