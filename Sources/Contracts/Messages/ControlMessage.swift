public import Determinism

/// `control`: one operator setting, keyed by its name; who set it, when and why are kept.
public struct ControlMessage: TopicMessage {
    public enum Setting: String, Sendable, CaseIterable {
        case killSwitch = "kill-switch"
        case mode
    }

    public var setting = Setting.killSwitch
    /// `on`/`off` for the kill switch; a `Mode` for the mode.
    public var value = ""
    public var by = ""
    public var why = ""
    public var at = Timestamp(microseconds: 0)

    public init() {}

    private static let names = FieldNames("setting", "value", "by", "at", "why")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        why = ""
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: setting = try value.requireCase("setting")
            case 1: self.value = try value.requireString("value").string
            case 2: by = try value.requireString("by").string
            case 3: at = try value.requireTime("at")
            case 4: why = try value.requireString("why").string
            default: break
            }
        }
        try fields.require(first: 4)
        try validate()
    }

    private func validate() throws(ContractViolation) {
        let allowed = setting == .killSwitch ? ["on", "off"] : Mode.allCases.map(\.rawValue)
        guard allowed.contains(value) else {
            throw ContractViolation(
                .outOfRange,
                "setting '\(setting.rawValue)' is '\(OwnedBytes(value).excerpt(40))'; allowed: "
                    + allowed.joined(separator: ", "))
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("setting", setting.rawValue)
        out.member("value", value)
        out.member("by", by)
        out.member("at", time: at)
        out.member("why", why)
        out.endObject()
    }
}
