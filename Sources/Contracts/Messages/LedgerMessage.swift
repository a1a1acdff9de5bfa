public import Determinism

/// `ledger`: one state of a quantum job's bill, keyed by the job's id.
public struct LedgerMessage: TopicMessage {
    public enum State: String, Sendable, CaseIterable {
        case reserved, submitted, settled, released
    }

    public var job: UInt64 = 0
    public var id = ByteSlice.absent
    public var state = State.reserved
    /// Price in the price book's currency: estimated until settled, zero when released.
    public var cost = 0.0
    public var device = ByteSlice.absent
    public var at = Timestamp(microseconds: 0)
    /// The device's task that runs the job among others, and the job's place in it; nil before it is
    /// submitted.
    public var task: UInt64?
    public var index: Int?

    public init() {}

    private static let names = FieldNames(
        "job", "id", "state", "cost", "device", "atMs", "task", "index")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        task = nil
        index = nil
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: job = try value.requireHex("job")
            case 1: id = try value.requireString("id")
            case 2: state = try value.requireCase("state")
            case 3: cost = try value.requireNumber("cost")
            case 4: device = try value.requireString("device")
            case 5: at = try value.requireMilliseconds("atMs")
            case 6: task = try value.requireHex("task")
            case 7: index = try value.requireInteger("index")
            default: break
            }
        }
        try fields.require(first: 6)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("job", hex: job)
        out.member("id", id)
        out.member("state", state.rawValue)
        out.member("cost", cost)
        out.member("device", device)
        out.member("atMs", Int(at.milliseconds))
        if let task { out.member("task", hex: task) }
        if let index { out.member("index", index) }
        out.endObject()
    }
}
