public import Determinism

/// `control`: one operator setting; who set it, when and why are kept.
///
/// Each change is written twice: under the setting's own key, where the next change replaces it, and
/// under a key that no other change has (`logKey`), so that compaction keeps the whole history. Both
/// say the same, so that whoever applies every message in order ends where a reader of the setting's
/// key alone does.
public struct ControlMessage: TopicMessage {
    public enum Setting: String, Sendable, CaseIterable {
        case killSwitch = "kill-switch"
        case mode
        /// A cap on what is spent, by the budget's name.
        case budget
        /// A limit, by its name: `rate`, `concurrency`, `weight/TENANT`.
        case limit

        /// The stages that do something else when it changes.
        public var obeyedBy: [StageName] {
            switch self {
            case .killSwitch: [.admission, .enrichment, .fallback]
            case .mode, .budget, .limit: [.admission]
            }
        }
    }

    public var setting = Setting.killSwitch
    /// Which budget or limit; nil for the other settings.
    public var name: String?
    /// `on`/`off` for the kill switch; a `Mode` or `canary` for the mode; for a budget or a limit a
    /// decimal number as text, so that money stays exact, or `off`: as configured.
    public var value = ""
    /// With mode `canary`: the share of records that live mode holds for, above 0 up to 100; the
    /// others are in shadow.
    public var percent: Double?
    /// Whether the kill switch was turned for practice.
    public var drill = false
    public var by = ""
    public var why = ""
    public var at = Timestamp(microseconds: 0)

    public init() {}

    private static let names = FieldNames(
        "setting", "value", "by", "at", "why", "name", "percent", "drill")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        why = ""
        name = nil
        percent = nil
        drill = false
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: setting = try value.requireCase("setting")
            case 1: self.value = try value.requireString("value").string
            case 2: by = try value.requireString("by").string
            case 3: at = try value.requireTime("at")
            case 4: why = try value.requireString("why").string
            case 5: name = try value.requireString("name").string
            case 6: percent = try value.requireNumber("percent")
            case 7: drill = try value.requireBoolean("drill")
            default: break
            }
        }
        try fields.require(first: 4)
        try validate()
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("setting", setting.rawValue)
        out.member("value", value)
        out.member("by", by)
        out.member("at", time: at)
        out.member("why", why)
        if let name { out.member("name", name) }
        if let percent { out.member("percent", percent) }
        if drill { out.member("drill", true) }
        out.endObject()
    }
}

// MARK: - What is allowed

extension ControlMessage {
    /// Bytes of a budget's or limit's name.
    public static let maximumName = 200
    /// Of a cap or limit: millionths of it are exact as a `Double`.
    public static let maximumAmount = 9e9

    /// - Throws: naming the setting, the value and what is allowed.
    public func validate() throws(ContractViolation) {
        switch setting {
        case .killSwitch: try require(value, among: ["on", "off"])
        case .mode:
            try require(value, among: Mode.allCases.map(\.rawValue))
            try requirePercent()
        case .budget, .limit: try requireAmount()
        }
        try requireName()
    }

    private func require(_ word: String, among allowed: [String]) throws(ContractViolation) {
        guard !allowed.contains(word) else { return }
        throw refusal("allowed: " + allowed.joined(separator: ", "))
    }

    private func requirePercent() throws(ContractViolation) {
        guard value == Mode.canary.rawValue else { return }
        guard let percent else {
            throw ContractViolation(.missingField, "mode canary needs its field 'percent'")
        }
        guard percent > 0, percent <= 100 else {
            throw ContractViolation(
                .outOfRange,
                "mode canary is of \(percent) percent; it must be above 0, at most 100")
        }
    }

    private func requireAmount() throws(ContractViolation) {
        guard value != "off" else { return }
        guard let amount else {
            throw refusal("allowed: off, or a decimal number of 0 or more, such as 12.50")
        }
        guard amount <= Self.maximumAmount else {
            throw refusal("allowed: off, or at most \(Int(Self.maximumAmount))")
        }
    }

    private func requireName() throws(ContractViolation) {
        let isNamed = setting == .budget || setting == .limit
        let length = name?.utf8.count ?? 0
        guard isNamed ? (1...Self.maximumName).contains(length) : name == nil else {
            throw ContractViolation(
                isNamed ? .missingField : .outOfRange,
                isNamed
                    ? "setting '\(setting.rawValue)' needs a name of 1 to \(Self.maximumName) bytes"
                    : "setting '\(setting.rawValue)' has no name")
        }
        guard setting == .limit, let name, LimitName(name) == nil else { return }
        throw ContractViolation(
            .outOfRange,
            "limit '\(OwnedBytes(name).excerpt(40))' is not known; allowed: rate, concurrency, "
                + "weight/TENANT")
    }

    private func refusal(_ allowed: String) -> ContractViolation {
        ContractViolation(
            .outOfRange,
            "setting '\(key)' is '\(OwnedBytes(value).excerpt(40))'; \(allowed)")
    }

    /// A budget's cap or a limit's value, 0 or more; nil where it is `off` or no such number.
    public var amount: Double? {
        let digits = value.utf8
        let isDecimal =
            digits.count <= 30 && digits.first != UInt8(ascii: ".")
            && digits.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
        guard isDecimal, let number = Double(value), number.isFinite else { return nil }
        return number
    }
}

/// What a limit is about.
public enum LimitName: Equatable, Sendable {
    /// Quantum calls per second, over all instances.
    case rate
    /// Quantum calls under way at a time, over all instances.
    case concurrency
    /// A tenant's weight in the fair shares.
    case weight(tenant: String)

    public init?(_ name: String) {
        switch name {
        case "rate": self = .rate
        case "concurrency": self = .concurrency
        default:
            guard name.hasPrefix("weight/"), name.utf8.count > 7 else { return nil }
            self = .weight(tenant: String(name.dropFirst(7)))
        }
    }

    /// Values that have an effect; what is outside leaves the configured one in force.
    ///
    /// Rates are exact to a thousandth; more calls than ten millions a second, or at a time, no
    /// device takes, and weights count in relation to each other.
    public var allowed: ClosedRange<Double> {
        switch self {
        case .rate: 1e-3...1e7
        case .concurrency: 1...1e7
        case .weight: 1e-6...1e6
        }
    }
}

// MARK: - Keys

extension ControlMessage {
    /// The key that the setting stands under: `mode`, `budget/NAME`.
    public var key: String { name.map { "\(setting.rawValue)/\($0)" } ?? setting.rawValue }

    /// The key of this change alone: `mode@TIME-HASH`.
    public var logKey: String {
        var writer = ByteWriter(capacity: 512)
        write(into: &writer)
        let hash = StableHash.hash64(writer.contents)
        writer.removeAll()
        writer.append(key)
        writer.append("@")
        writer.append(rfc3339: at)
        writer.append("-")
        writer.append(hex: hash)
        return String(decoding: writer.contents, as: UTF8.self)
    }

    /// Whether a message under this key is the record of a change, kept for its history.
    public func isLog(key: ByteSlice) -> Bool { key.string.hasPrefix(self.key + "@") }
}
