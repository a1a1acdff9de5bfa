public import Determinism

/// `scores`: the one final score of a record.
public struct ScoreMessage: TopicMessage {
    /// What made a quantum or blended score, to the shot.
    public struct Provenance {
        public var circuit = ByteSlice.absent
        public var circuitHash = ByteSlice.absent
        public var device = ByteSlice.absent
        public var calibration = ByteSlice.absent
        public var shots = 0
        public var seed: UInt64 = 0
        public var job: UInt64 = 0
        public var cost = 0.0
        /// What was taken off the call that the quantum verdict is of.
        public var downgrade = Downgrade.none

        public init() {}
    }

    public var id = ByteSlice.absent
    /// The final score in 0…1.
    public var score = 0.0
    /// 1 when the score is at or above the decision threshold.
    public var decision = 0
    public var source = ScoreSource.classical
    public var reason = ReasonCode.shadowMode
    public var mode = Mode.shadow
    public var receivedAt = Timestamp(microseconds: 0)
    public var deadline = Timestamp(microseconds: 0)
    /// When fallback decided.
    public var time = Timestamp(microseconds: 0)
    public var classicalScore = 0.0
    public var classicalModel = ClassicalModel.baseline
    public var model = ByteSlice.absent
    /// Present when a quantum verdict had come by the time of the decision.
    public var quantum: QuantumVerdictMessage.Estimate?
    public var provenance: Provenance?

    public init() {}

    /// Milliseconds from the record's arrival to the decision.
    public var latencyMilliseconds: Double { (time - receivedAt).inMilliseconds }

    private static let names = FieldNames(
        "id", "score", "decision", "source", "reason", "mode", "latencyMs", "deadline", "time",
        "classical", "quantum", "provenance")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        var latency = 0.0
        quantum = nil
        provenance = nil
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: id = try value.requireString("id")
            case 1: score = try value.requireProbability("score")
            case 2: decision = try value.requireInteger("decision")
            case 3: source = try value.requireCase("source")
            case 4: reason = try value.requireCase("reason")
            case 5: mode = try value.requireCase("mode")
            case 6: latency = try value.requireNumber("latencyMs")
            case 7: deadline = try value.requireTime("deadline")
            case 8: time = try value.requireTime("time")
            case 9: try readClassical(value)
            case 10: quantum = try QuantumVerdictMessage.Estimate(optional: value)
            case 11: try readProvenance(value)
            default: break
            }
        }
        try fields.require(first: 12)
        receivedAt = time - TimeSpan.seconds(latency / 1e3)
    }

    private mutating func readClassical(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.classicalNames)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: classicalScore = try value.requireProbability("classical.score")
            case 1: classicalModel = try value.requireCase("classical.model")
            default: break
            }
        }
        try fields.require(first: 2)
    }

    private static let classicalNames = FieldNames("score", "model")
    private static let provenanceNames = FieldNames(
        "model", "circuit", "circuitHash", "device", "calibration", "shots", "seed", "job", "cost",
        "downgrade")

    /// The model alone, or everything.
    private mutating func readProvenance(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.provenanceNames)
        var found = Provenance()
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: model = try value.requireString("provenance.model")
            case 1: found.circuit = try value.requireString("provenance.circuit")
            case 2: found.circuitHash = try value.requireString("provenance.circuitHash")
            case 3: found.device = try value.requireString("provenance.device")
            case 4: found.calibration = try value.requireString("provenance.calibration")
            case 5: found.shots = try value.requireInteger("provenance.shots")
            case 6: found.seed = try value.requireHex("provenance.seed")
            case 7: found.job = try value.requireHex("provenance.job")
            case 8: found.cost = try value.requireNumber("provenance.cost")
            case 9: found.downgrade = try value.requireCase("provenance.downgrade")
            default: break
            }
        }
        try fields.require(first: object.count > 1 ? 9 : 1)
        if object.count > 1 { provenance = found }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("score", score)
        out.member("decision", decision)
        out.member("source", source.rawValue)
        out.member("reason", reason.rawValue)
        out.member("mode", mode.rawValue)
        out.member("latencyMs", latencyMilliseconds)
        out.member("deadline", time: deadline)
        out.member("time", time: time)
        out.name("classical")
        out.beginObject()
        out.member("score", classicalScore)
        out.member("model", classicalModel.rawValue)
        out.endObject()
        writeQuantum(into: &out)
        out.endObject()
    }

    private func writeQuantum(into out: inout ByteWriter) {
        if let quantum {
            out.name("quantum")
            out.beginObject()
            quantum.write(into: &out)
            out.endObject()
        } else {
            out.memberNull("quantum")
        }
        out.name("provenance")
        out.beginObject()
        out.member("model", model)
        if let provenance {
            out.member("circuit", provenance.circuit)
            out.member("circuitHash", provenance.circuitHash)
            out.member("device", provenance.device)
            out.member("calibration", provenance.calibration)
            out.member("shots", provenance.shots)
            out.member("seed", hex: provenance.seed)
            out.member("job", hex: provenance.job)
            out.member("cost", provenance.cost)
            out.member("downgrade", provenance.downgrade)
        }
        out.endObject()
    }
}

extension JSONValue {
    func requireTime(_ field: StaticString) throws(ContractViolation) -> Timestamp {
        guard let string else { throw wrongType(field, "an RFC 3339 time") }
        guard let time = Timestamp(rfc3339: string) else {
            throw ContractViolation(
                .invalidTime,
                "field '\(field)' is '\(string.excerpt(40))'; it must be RFC 3339, such as "
                    + "2026-11-21T10:15:30Z")
        }
        return time
    }
}
