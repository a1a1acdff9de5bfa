public import Determinism

/// `admission-state`: that a record was decided, keyed by its id, so that it is not decided, and
/// paid for, twice.
public struct AdmissionStateMessage: TopicMessage {
    public var at = Timestamp(microseconds: 0)
    public var admitted = false

    public init() {}

    private static let names = FieldNames("atMs", "admitted")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: at = try value.requireMilliseconds("atMs")
            case 1: admitted = try value.requireBoolean("admitted")
            default: break
            }
        }
        try fields.require(first: 2)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("atMs", Int(at.milliseconds))
        out.member("admitted", admitted)
        out.endObject()
    }
}
