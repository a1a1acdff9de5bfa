public import Determinism

/// `labels`: ground truth for a record, usually days late.
public struct LabelMessage: TopicMessage {
    public var id = ByteSlice.absent
    /// 0 or 1.
    public var label = 0
    public var time: Timestamp?

    public init() {}

    private static let names = FieldNames("id", "label", "time")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        time = nil
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: id = try value.requireRecordID()
            case 1:
                label = try value.requireInteger("label")
                guard label == 0 || label == 1 else {
                    throw ContractViolation(
                        .outOfRange, "field 'label' is \(label); it must be 0 or 1")
                }
            case 2: time = try value.requireTime("time")
            default: break
            }
        }
        try fields.require(first: 2)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.member("label", label)
        if let time { out.member("time", time: time) }
        out.endObject()
    }
}
