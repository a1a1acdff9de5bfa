public import Determinism

/// `instances`: what a stage of one process obeys, keyed `STAGE/INSTANCE`.
///
/// Written whenever operators' settings come into force there, and each second, so that whoever
/// changes a setting knows whom to wait for; a process that ends in order takes its entries away.
public struct InstanceMessage: TopicMessage, Sendable, Equatable {
    /// The process: its configured name, else one of a kind.
    public var instance = ""
    public var stage = StageName.admission
    /// By the instance's clock.
    public var at = Timestamp(microseconds: 0)
    /// The offset on `control` of the last change in force; -1 before the first.
    public var control: Int64 = -1
    /// Since when, by the instance's clock: whatever the stage has decided from then on, it has
    /// decided under these settings.
    public var since = Timestamp(microseconds: 0)
    /// Of admission: the fingerprint of its policy under these settings, as decisions carry it.
    public var policy: UInt64?
    /// Of admission: names that operators may set caps of.
    public var budgets: [String] = []
    /// Of admission: names of limits that have an effect, `weight` for those of tenants.
    public var limits: [String] = []
    /// Of admission: the tenants whose records may go to devices; empty for all.
    public var tenants: [String] = []

    /// Of each of the lists; more would not fit a heartbeat.
    public static let maximumNames = 1_000

    public init() {}

    /// The key under which only the last message counts.
    public var key: String { "\(stage.rawValue)/\(instance)" }

    private static let names = FieldNames(
        "instance", "stage", "atMs", "control", "sinceMs", "policy", "budgets", "limits", "tenants")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        self = InstanceMessage()
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: instance = try value.requireString("instance").string
            case 1: stage = try value.requireCase("stage")
            case 2: at = try value.requireMilliseconds("atMs")
            case 3: control = Int64(try value.requireInteger("control"))
            case 4: since = try value.requireMilliseconds("sinceMs")
            case 5: policy = try value.requireHex("policy")
            case 6: budgets = try value.requireNames("budgets")
            case 7: limits = try value.requireNames("limits")
            case 8: tenants = try value.requireNames("tenants")
            default: break
            }
        }
        try fields.require(first: 5)
        guard control >= -1 else {
            throw ContractViolation(
                .outOfRange, "field 'control' is \(control); it must be -1 or more")
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("instance", instance)
        out.member("stage", stage.rawValue)
        out.member("atMs", Int(at.milliseconds))
        out.member("control", Int(control))
        out.member("sinceMs", Int(since.milliseconds))
        if let policy { out.member("policy", hex: policy) }
        out.member("budgets", names: budgets)
        out.member("limits", names: limits)
        out.member("tenants", names: tenants)
        out.endObject()
    }
}

extension ByteWriter {
    /// A list of texts; nothing for an empty one.
    fileprivate mutating func member(_ name: StaticString, names: [String]) {
        guard !names.isEmpty else { return }
        self.name(name)
        append(UInt8(ascii: "["))
        for (index, text) in names.prefix(InstanceMessage.maximumNames).enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            appendQuoted(text)
        }
        append(UInt8(ascii: "]"))
    }
}

extension JSONValue {
    fileprivate func requireNames(_ field: StaticString) throws(ContractViolation) -> [String] {
        guard kind == .array else { throw wrongType(field, "an array") }
        let most = InstanceMessage.maximumNames
        guard count <= most else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' has \(count) elements; allowed are \(most)")
        }
        var names: [String] = []
        try forEachElement { (element) throws(ContractViolation) in
            names.append(try element.requireString(field).string)
        }
        return names
    }
}

extension StageName: WireCase { public static let wireNames = WireNames<StageName>() }
