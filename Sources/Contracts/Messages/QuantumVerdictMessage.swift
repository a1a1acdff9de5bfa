public import Determinism

/// The quantum half of `verdicts`: written by confidence for every job, failed ones included.
public struct QuantumVerdictMessage: TopicMessage {
    /// The calibrated score and what the shots say of it; absent when the job failed.
    public struct Estimate: Sendable, Equatable {
        /// Probability in 0…1.
        public var score: Double
        /// Standard error of the score from shot noise (delta method).
        public var standardError: Double
        /// Interval at the policy's level.
        public var low: Double
        public var high: Double
        /// Probability that the noise-free score is on the same side of the decision threshold.
        public var confidence: Double

        public init(
            score: Double, standardError: Double, low: Double, high: Double, confidence: Double
        ) {
            self.score = score
            self.standardError = standardError
            self.low = low
            self.high = high
            self.confidence = confidence
        }
    }

    public var id = ByteSlice.absent
    public var job: UInt64 = 0
    public var action = VerdictAction.reject
    public var reason = ReasonCode.backendFailed
    public var blendWeight = 0.0
    public var estimate: Estimate?
    public var classicalScore = 0.0
    public var model = ByteSlice.absent
    public var circuit = ByteSlice.absent
    public var circuitHash = ByteSlice.absent
    public var device = ByteSlice.absent
    public var calibration = ByteSlice.absent
    public var shots = 0
    public var seed: UInt64 = 0
    public var cost = 0.0
    public var queueMilliseconds = 0.0
    public var serviceMilliseconds = 0.0
    public var receivedAt = Timestamp(microseconds: 0)
    public var completedAt = Timestamp(microseconds: 0)
    /// What admission took off the call; of `simplerCircuit` the estimate is of that circuit's head.
    public var downgrade = Downgrade.none

    public init() {}

    static let names = FieldNames(
        "kind", "id", "job", "action", "reason", "blendWeight", "classicalScore", "model",
        "circuit",
        "circuitHash", "device", "calibration", "shots", "seed", "cost", "queueMs", "serviceMs",
        "receivedAtMs", "completedAtMs", "score", "standardError", "interval", "confidence",
        "downgrade")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        var found = Estimate(score: 0, standardError: 0, low: 0, high: 0, confidence: 0)
        var parts = 0
        downgrade = .none
        try object.forEachMember { (key, value) throws(ContractViolation) in
            guard let field = try fields.next(key) else { return }
            if field < 19 {
                try read(field: field, value)
            } else if field == 23 {
                downgrade = try value.requireCase("downgrade")
            } else {
                parts += 1
                try Self.read(estimate: field, value, into: &found)
            }
        }
        try fields.require(first: 19)
        // All four numbers or, of a failed job, none.
        if parts > 0 { try fields.require(first: 23) }
        estimate = parts > 0 ? found : nil
    }

    private mutating func read(field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 1: id = try value.requireString("id")
        case 2: job = try value.requireHex("job")
        case 3: action = try value.requireCase("action")
        case 4: reason = try value.requireCase("reason")
        case 5: blendWeight = try value.requireProbability("blendWeight")
        case 6: classicalScore = try value.requireProbability("classicalScore")
        case 7: model = try value.requireString("model")
        case 8: circuit = try value.requireString("circuit")
        case 9: circuitHash = try value.requireString("circuitHash")
        case 10: device = try value.requireString("device")
        case 11: calibration = try value.requireString("calibration")
        case 12: shots = try value.requireInteger("shots")
        case 13: seed = try value.requireHex("seed")
        case 14: cost = try value.requireNumber("cost")
        case 15: queueMilliseconds = try value.requireNumber("queueMs")
        case 16: serviceMilliseconds = try value.requireNumber("serviceMs")
        case 17: receivedAt = try value.requireMilliseconds("receivedAtMs")
        case 18: completedAt = try value.requireMilliseconds("completedAtMs")
        default: break
        }
    }

    static func read(
        estimate field: Int, _ value: JSONValue, into estimate: inout Estimate
    ) throws(ContractViolation) {
        switch field {
        case 19: estimate.score = try value.requireProbability("score")
        case 20: estimate.standardError = try value.requireNumber("standardError")
        case 21:
            var bounds: [Double] = []
            try value.requireNumbers("interval", into: &bounds)
            guard bounds.count == 2, bounds.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
                throw value.wrongType("interval", "two numbers in 0 to 1")
            }
            estimate.low = bounds[0]
            estimate.high = bounds[1]
        default: estimate.confidence = try value.requireProbability("confidence")
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("kind", "quantum")
        out.member("id", id)
        out.member("job", hex: job)
        out.member("action", action.rawValue)
        out.member("reason", reason.rawValue)
        out.member("blendWeight", blendWeight)
        out.member("classicalScore", classicalScore)
        out.member("model", model)
        out.member("circuit", circuit)
        out.member("circuitHash", circuitHash)
        out.member("device", device)
        out.member("calibration", calibration)
        out.member("shots", shots)
        out.member("seed", hex: seed)
        out.member("cost", cost)
        out.member("queueMs", queueMilliseconds)
        out.member("serviceMs", serviceMilliseconds)
        out.member("receivedAtMs", Int(receivedAt.milliseconds))
        out.member("completedAtMs", Int(completedAt.milliseconds))
        estimate?.write(into: &out)
        out.member("downgrade", downgrade)
        out.endObject()
    }
}

extension QuantumVerdictMessage.Estimate {
    private static let names = FieldNames("score", "standardError", "interval", "confidence")

    /// Reads an object of the four numbers; nil for null.
    init?(optional object: JSONValue) throws(ContractViolation) {
        if object.kind == .null { return nil }
        self.init(score: 0, standardError: 0, low: 0, high: 0, confidence: 0)
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            guard let field = try fields.next(key) else { return }
            try QuantumVerdictMessage.read(estimate: 19 + field, value, into: &self)
        }
        try fields.require(first: 4)
    }

    func write(into out: inout ByteWriter) {
        out.member("score", score)
        out.member("standardError", standardError)
        out.name("interval")
        out.append(UInt8(ascii: "["))
        out.append(number: low)
        out.append(UInt8(ascii: ","))
        out.append(number: high)
        out.append(UInt8(ascii: "]"))
        out.member("confidence", confidence)
    }
}

/// Which half of `verdicts` a message is.
public enum VerdictKind: String, Sendable, CaseIterable {
    case classical, quantum

    public init(of object: JSONValue) throws(ContractViolation) {
        guard let value = object["kind"] else {
            throw ContractViolation(.missingField, "required field 'kind' is missing")
        }
        self = try value.requireCase("kind")
    }
}
