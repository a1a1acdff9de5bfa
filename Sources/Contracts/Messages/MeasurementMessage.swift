public import Determinism

/// `measurements`: what the device measured for one job, or that it failed.
public struct MeasurementMessage: TopicMessage {
    public enum Status: String, Sendable, CaseIterable { case ok, failed }

    public var id = ByteSlice.absent
    public var job: UInt64 = 0
    public var status = Status.ok
    public var receivedAt = Timestamp(microseconds: 0)
    public var deadline = Timestamp(microseconds: 0)
    public var classicalScore = 0.0
    public var shots = 0
    public var seed: UInt64 = 0
    public var circuit = ByteSlice.absent
    public var circuitHash = ByteSlice.absent
    public var model = ByteSlice.absent
    public var device = ByteSlice.absent
    public var calibration = ByteSlice.absent
    public var submittedAt = Timestamp(microseconds: 0)
    public var startedAt = Timestamp(microseconds: 0)
    public var completedAt = Timestamp(microseconds: 0)
    /// Price of the call, in the price book's currency.
    public var cost = 0.0
    /// The model head's linear functional of the expectations, and its standard error from the
    /// shots.
    public var headValue = 0.0
    public var headStandardError = 0.0
    /// ⟨Zᵢ⟩ for all qubits, then ⟨ZᵢZⱼ⟩ for i < j in lexicographic order; empty when failed.
    public var expectations: [Double] = []
    /// What admission took off the call.
    public var downgrade = Downgrade.none
    /// Why the job failed.
    public var error: ByteSlice?

    public init() {}

    private static let names = FieldNames(
        "id", "job", "status", "receivedAtMs", "deadlineMs", "classicalScore", "shots", "seed",
        "circuit", "circuitHash", "model", "device", "calibration", "submittedAtMs", "startedAtMs",
        "completedAtMs", "cost", "head", "expectations", "error",
        "downgrade")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        error = nil
        downgrade = .none
        headValue = 0
        headStandardError = 0
        expectations.removeAll(keepingCapacity: true)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            if let field = try fields.next(key) { try read(field: field, value) }
        }
        try fields.require(first: status == .ok ? 19 : 17)
    }

    private mutating func read(field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 0: id = try value.requireString("id")
        case 1: job = try value.requireHex("job")
        case 2: status = try value.requireCase("status")
        case 3: receivedAt = try value.requireMilliseconds("receivedAtMs")
        case 4: deadline = try value.requireMilliseconds("deadlineMs")
        case 5: classicalScore = try value.requireProbability("classicalScore")
        case 6: shots = try value.requireInteger("shots")
        case 7: seed = try value.requireHex("seed")
        case 8: circuit = try value.requireString("circuit")
        case 9: circuitHash = try value.requireString("circuitHash")
        case 10: model = try value.requireString("model")
        case 11: device = try value.requireString("device")
        case 12: calibration = try value.requireString("calibration")
        case 13: submittedAt = try value.requireMilliseconds("submittedAtMs")
        case 14: startedAt = try value.requireMilliseconds("startedAtMs")
        case 15: completedAt = try value.requireMilliseconds("completedAtMs")
        case 16: cost = try value.requireNumber("cost")
        case 17: try readHead(value)
        case 18: try value.requireNumbers("expectations", into: &expectations)
        case 19: error = try value.requireString("error")
        default: downgrade = try value.requireCase("downgrade")
        }
    }

    private mutating func readHead(_ value: JSONValue) throws(ContractViolation) {
        guard let mean = value["value"]?.number, let error = value["standardError"]?.number else {
            throw ContractViolation(
                .wrongType, "field 'head' must hold the numbers 'value' and 'standardError'")
        }
        headValue = mean
        headStandardError = error
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("job", hex: job)
        out.member("status", status.rawValue)
        out.member("receivedAtMs", Int(receivedAt.milliseconds))
        out.member("deadlineMs", Int(deadline.milliseconds))
        out.member("classicalScore", classicalScore)
        out.member("shots", shots)
        out.member("seed", hex: seed)
        out.member("circuit", circuit)
        out.member("circuitHash", circuitHash)
        out.member("model", model)
        out.member("device", device)
        out.member("calibration", calibration)
        out.member("submittedAtMs", Int(submittedAt.milliseconds))
        out.member("startedAtMs", Int(startedAt.milliseconds))
        out.member("completedAtMs", Int(completedAt.milliseconds))
        out.member("cost", cost)
        if status == .ok {
            out.name("head")
            out.beginObject()
            out.member("value", headValue)
            out.member("standardError", headStandardError)
            out.endObject()
            out.member("expectations", numbers: expectations)
        }
        if let error { out.member("error", error) }
        out.member("downgrade", downgrade)
        out.endObject()
    }
}
