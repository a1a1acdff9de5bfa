import Determinism

/// `comparisons`: both verdicts of one admitted record, however late the quantum one came.
public struct ComparisonMessage: TopicMessage {
    public var id = ByteSlice.absent
    public var classicalScore = 0.0
    /// Absent when the job failed.
    public var quantumScore: Double?
    /// What live mode serves when this verdict comes in time: quantum, blended or classical.
    public var liveScore = 0.0
    /// The two decisions differ.
    public var flip = false
    public var reason = ReasonCode.accepted
    /// From the record's arrival to the measurement's completion.
    public var quantumLatencyMilliseconds = 0.0
    public var queueMilliseconds = 0.0
    public var shots = 0
    public var cost = 0.0
    public var propensity = 0.0
    public var device = ByteSlice.absent
    public var calibration = ByteSlice.absent
    public var model = ByteSlice.absent
    /// Ground truth 0 or 1, where a label had come.
    public var label: Int?
    /// Pairs compared so far by this instance, and the share of them whose decisions agree.
    public var pairs = 0
    public var agreement = 0.0
    /// Running mean and standard deviation of quantum minus classical.
    public var meanDelta = 0.0
    public var deltaStandardDeviation = 0.0
    /// What was taken off the call. Pairs of the simpler circuit are neither in the running
    /// statistics nor in the evidence: they say nothing of the model's own circuit.
    public var downgrade = Downgrade.none

    public init() {}

    public var delta: Double? { quantumScore.map { $0 - classicalScore } }

    private static let names = FieldNames(
        "id", "classicalScore", "quantumScore", "delta", "flip", "reason", "quantumLatencyMs",
        "queueMs", "shots", "cost", "propensity", "device", "calibration", "model", "label",
        "pairs",
        "agreement", "meanDelta", "deltaStandardDeviation", "liveScore", "downgrade")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        quantumScore = nil
        label = nil
        downgrade = .none
        try object.forEachMember { (key, value) throws(ContractViolation) in
            if let field = try fields.next(key) { try read(field: field, value) }
        }
        try fields.require(first: 20)
    }

    private mutating func read(field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 0: id = try value.requireString("id")
        case 1: classicalScore = try value.requireProbability("classicalScore")
        case 2:
            if value.kind != .null { quantumScore = try value.requireProbability("quantumScore") }
        case 4: flip = try value.requireBoolean("flip")
        case 5: reason = try value.requireCase("reason")
        case 6: quantumLatencyMilliseconds = try value.requireNumber("quantumLatencyMs")
        case 7: queueMilliseconds = try value.requireNumber("queueMs")
        case 8: shots = try value.requireInteger("shots")
        case 9: cost = try value.requireNumber("cost")
        case 10: propensity = try value.requireProbability("propensity")
        case 11: device = try value.requireString("device")
        case 12: calibration = try value.requireString("calibration")
        case 13: model = try value.requireString("model")
        case 14: if value.kind != .null { label = try value.requireInteger("label") }
        case 15: pairs = try value.requireInteger("pairs")
        case 16: agreement = try value.requireProbability("agreement")
        case 17: meanDelta = try value.requireNumber("meanDelta")
        case 19: liveScore = try value.requireProbability("liveScore")
        case 18: deltaStandardDeviation = try value.requireNumber("deltaStandardDeviation")
        case 20: downgrade = try value.requireCase("downgrade")
        default: break
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("classicalScore", classicalScore)
        out.member("quantumScore", optional: quantumScore)
        out.member("delta", optional: delta)
        out.member("flip", flip)
        out.member("reason", reason.rawValue)
        out.member("quantumLatencyMs", quantumLatencyMilliseconds)
        out.member("queueMs", queueMilliseconds)
        out.member("shots", shots)
        out.member("cost", cost)
        out.member("propensity", propensity)
        out.member("device", device)
        out.member("calibration", calibration)
        out.member("model", model)
        if let label { out.member("label", label) } else { out.memberNull("label") }
        out.member("pairs", pairs)
        out.member("agreement", agreement)
        out.member("meanDelta", meanDelta)
        out.member("deltaStandardDeviation", deltaStandardDeviation)
        out.member("liveScore", liveScore)
        out.member("downgrade", downgrade)
        out.endObject()
    }
}

extension ByteWriter {
    /// A number, or null where there is none.
    public mutating func member(_ key: StaticString, optional value: Double?) {
        if let value { member(key, value) } else { memberNull(key) }
    }
}
