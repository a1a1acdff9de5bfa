public import Determinism

/// `jobs`: one admitted record's quantum call.
public struct JobMessage: TopicMessage {
    public var id = ByteSlice.absent
    /// Hash of what the job computes: the same computation has the same id and is never billed
    /// twice.
    public var job: UInt64 = 0
    public var receivedAt = Timestamp(microseconds: 0)
    public var deadline = Timestamp(microseconds: 0)
    public var classicalScore = 0.0
    public var shots = 0
    /// Seed of the shots, derived from the job's id.
    public var seed: UInt64 = 0
    /// `name@version` of the circuit template.
    public var circuit = ByteSlice.absent
    public var circuitHash = ByteSlice.absent
    public var model = ByteSlice.absent
    public var device = ByteSlice.absent
    public var components: [Double] = []
    /// What admission took off the call; `simplerCircuit` where `circuit` is not the model's own.
    public var downgrade = Downgrade.none
    /// The bound circuit as OpenQASM 3, for a device that is somebody else's process; else absent.
    public var qasm: ByteSlice?
    /// What to estimate, as `Z0` or `Z0Z2`, and each one's weight in the head; only with `qasm`.
    public var observables: [ByteSlice] = []
    public var weights: [Double] = []

    public init() {}

    private static let names = FieldNames(
        "id", "job", "receivedAtMs", "deadlineMs", "classicalScore", "shots", "seed", "circuit",
        "circuitHash", "model", "device", "components", "qasm", "observables", "weights",
        "downgrade")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        qasm = nil
        downgrade = .none
        observables.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            if let field = try fields.next(key) { try read(field: field, value) }
        }
        try fields.require(first: 12)
        if qasm != nil { try fields.require(first: 15) }
    }

    private mutating func read(field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 0: id = try value.requireString("id")
        case 1: job = try value.requireHex("job")
        case 2: receivedAt = try value.requireMilliseconds("receivedAtMs")
        case 3: deadline = try value.requireMilliseconds("deadlineMs")
        case 4: classicalScore = try value.requireProbability("classicalScore")
        case 5: shots = try value.requireInteger("shots")
        case 6: seed = try value.requireHex("seed")
        case 7: circuit = try value.requireString("circuit")
        case 8: circuitHash = try value.requireString("circuitHash")
        case 9: model = try value.requireString("model")
        case 10: device = try value.requireString("device")
        case 11: try value.requireNumbers("components", into: &components)
        case 12: qasm = try value.requireString("qasm")
        case 13: try readObservables(value)
        case 14: try value.requireNumbers("weights", into: &weights)
        case 15: downgrade = try value.requireCase("downgrade")
        default: break
        }
    }

    private mutating func readObservables(_ value: JSONValue) throws(ContractViolation) {
        guard value.kind == .array else { throw value.wrongType("observables", "an array") }
        try value.forEachElement { (element) throws(ContractViolation) in
            observables.append(try element.requireString("observables"))
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("job", hex: job)
        out.member("receivedAtMs", Int(receivedAt.milliseconds))
        out.member("deadlineMs", Int(deadline.milliseconds))
        out.member("classicalScore", classicalScore)
        out.member("shots", shots)
        out.member("seed", hex: seed)
        out.member("circuit", circuit)
        out.member("circuitHash", circuitHash)
        out.member("model", model)
        out.member("device", device)
        out.member("components", numbers: components)
        out.member("downgrade", downgrade)
        if let qasm {
            out.member("qasm", qasm)
            out.name("observables")
            out.append(UInt8(ascii: "["))
            for index in observables.indices {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.appendQuoted(observables[index])
            }
            out.append(UInt8(ascii: "]"))
            out.member("weights", numbers: weights)
        }
        out.endObject()
    }
}
