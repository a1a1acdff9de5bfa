public import Determinism

/// What admission decided by: every number that a rule looked at, as it stood before the decision.
///
/// Part of a classical verdict. Each field may be missing: in messages of older versions, and where
/// no rule had use for it. With the verdict's own fields it is enough to decide again under another
/// policy, and to tell a user why.
public struct DecisionRecord: Sendable {
    /// Hash of the effective policy: equal policies have equal hashes on every machine.
    public var policy: UInt64?
    /// In microseconds on the wire: to decide again, the order and the pace of decisions matter.
    public var decidedAt: Timestamp?
    /// The rule that decided: the first to refuse; none for an admitted record.
    public var rule: String?
    /// The number that this rule looked at, and what it held it against.
    public var measured: Double?
    public var limit: Double?

    /// The device chosen, and its state unless online.
    public var device: ByteSlice?
    public var deviceState: DeviceState?
    public var shots: Int?
    /// What the call is expected to cost, in the price book's currency.
    public var price: Double?
    /// What was taken off the first choice: fewer shots, a cheaper device.
    public var downgrade: String?

    /// The record's money at stake, priority and data class.
    public var value: Double?
    public var priority: Priority?
    public var dataClass: DataClass?

    /// Uniform in [0, 1), from the record's id.
    public var draw: Double?
    /// Probability that the quantum verdict changes the decision.
    public var flipProbability: Double?
    public var expectedValue: Double?
    /// The shadow price of the budget.
    public var lambda: Double?

    /// The wait that the forecast promises not to exceed at the policy's quantile.
    public var waitQuantileMilliseconds: Double?
    /// The record's own time on the device.
    public var serviceMilliseconds: Double?
    /// Time left until the deadline; negative when it had passed.
    public var remainingBudgetMilliseconds: Double?
    /// The device's last status: its wait then, its queue then, and how old it was.
    public var statusWaitMilliseconds: Double?
    public var queueDepth: Int?
    public var statusAgeMilliseconds: Double?
    public var admittedSinceStatus: Int?
    /// Calls under way that this instance knows of.
    public var inFlight: Int?
    /// Calls that the device serves at a time; nil for one.
    public var servers: Int?

    public init() {}

    private static let names = FieldNames(
        "policy", "decidedAtUs", "rule", "measured", "limit", "device", "deviceState", "shots",
        "price", "downgrade", "value", "priority", "dataClass", "draw", "flipProbability",
        "expectedValue", "lambda", "waitQuantileMs", "serviceMs", "remainingBudgetMs",
        "statusWaitMs", "queueDepth", "statusAgeMs", "admittedSinceStatus", "inFlight", "servers")

    init(_ object: JSONValue) throws(ContractViolation) {
        guard object.kind == .object else { throw object.wrongType("decision", "an object") }
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            guard let field = try fields.next(key) else { return }
            if field < 13 { try read(choice: field, value) } else { try read(number: field, value) }
        }
    }

    private mutating func read(choice field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 0: policy = try value.requireHex("policy")
        case 1: decidedAt = try value.requireMicroseconds("decidedAtUs")
        case 2: rule = try value.requireString("rule").string
        case 3: measured = try value.requireNumber("measured")
        case 4: limit = try value.requireNumber("limit")
        case 5: device = try value.requireString("device")
        case 6: deviceState = try value.requireCase("deviceState")
        case 7: shots = try value.requireInteger("shots")
        case 8: price = try value.requireNumber("price")
        case 9: downgrade = try value.requireString("downgrade").string
        case 10: self.value = try value.requireNumber("value")
        case 11: priority = try value.requireCase("priority")
        default: dataClass = try value.requireCase("dataClass")
        }
    }

    private mutating func read(number field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 13: draw = try value.requireProbability("draw")
        case 14: flipProbability = try value.requireProbability("flipProbability")
        case 15: expectedValue = try value.requireNumber("expectedValue")
        case 16: lambda = try value.requireNumber("lambda")
        case 17: waitQuantileMilliseconds = try value.requireNumber("waitQuantileMs")
        case 18: serviceMilliseconds = try value.requireNumber("serviceMs")
        case 19: remainingBudgetMilliseconds = try value.requireNumber("remainingBudgetMs")
        case 20: statusWaitMilliseconds = try value.requireNumber("statusWaitMs")
        case 21: queueDepth = try value.requireInteger("queueDepth")
        case 22: statusAgeMilliseconds = try value.requireNumber("statusAgeMs")
        case 23: admittedSinceStatus = try value.requireInteger("admittedSinceStatus")
        case 24: inFlight = try value.requireInteger("inFlight")
        default: servers = try value.requireServers("servers")
        }
    }

    func write(into out: inout ByteWriter) {
        out.beginObject()
        if let policy { out.member("policy", hex: policy) }
        if let decidedAt { out.member("decidedAtUs", Int(decidedAt.microseconds)) }
        if let rule { out.member("rule", rule) }
        if let measured { out.member("measured", measured) }
        if let limit { out.member("limit", limit) }
        if let device { out.member("device", device) }
        if let deviceState { out.member("deviceState", deviceState.rawValue) }
        if let shots { out.member("shots", shots) }
        if let price { out.member("price", price) }
        if let downgrade { out.member("downgrade", downgrade) }
        if let value { out.member("value", value) }
        if let priority { out.member("priority", priority.rawValue) }
        if let dataClass { out.member("dataClass", dataClass.rawValue) }
        writeNumbers(into: &out)
        out.endObject()
    }

    private func writeNumbers(into out: inout ByteWriter) {
        if let draw { out.member("draw", draw) }
        if let flipProbability { out.member("flipProbability", flipProbability) }
        if let expectedValue { out.member("expectedValue", expectedValue) }
        if let lambda { out.member("lambda", lambda) }
        if let waitQuantileMilliseconds { out.member("waitQuantileMs", waitQuantileMilliseconds) }
        if let serviceMilliseconds { out.member("serviceMs", serviceMilliseconds) }
        if let remainingBudgetMilliseconds {
            out.member("remainingBudgetMs", remainingBudgetMilliseconds)
        }
        if let statusWaitMilliseconds { out.member("statusWaitMs", statusWaitMilliseconds) }
        if let queueDepth { out.member("queueDepth", queueDepth) }
        if let statusAgeMilliseconds { out.member("statusAgeMs", statusAgeMilliseconds) }
        if let admittedSinceStatus { out.member("admittedSinceStatus", admittedSinceStatus) }
        if let inFlight { out.member("inFlight", inFlight) }
        if let servers { out.member("servers", servers) }
    }
}

extension JSONValue {
    fileprivate func requireMicroseconds(
        _ field: StaticString
    ) throws(ContractViolation) -> Timestamp {
        let microseconds = Int64(try requireInteger(field))
        guard microseconds >= 0 else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' is \(microseconds); it must be 0 or more")
        }
        return Timestamp(microseconds: microseconds)
    }
}
