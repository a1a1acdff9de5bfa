public import Determinism

/// Which call's result answers a record that was not run itself: one of the same encoded input,
/// circuit, shots and calibration, kept in enrichment's cache.
public struct CachedSource: Equatable, Sendable {
    /// The job that was run, of another record.
    public var job: UInt64
    /// When the device measured it.
    public var measuredAt: Timestamp

    public init(job: UInt64, measuredAt: Timestamp) {
        self.job = job
        self.measuredAt = measuredAt
    }

    private static let names = FieldNames("job", "measuredAtMs")

    init(_ object: JSONValue) throws(ContractViolation) {
        guard object.kind == .object else { throw object.wrongType("cached", "an object") }
        self.init(job: 0, measuredAt: Timestamp(microseconds: 0))
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: job = try value.requireHex("cached.job")
            case 1: measuredAt = try value.requireMilliseconds("cached.measuredAtMs")
            default: break
            }
        }
        try fields.require(first: 2)
    }

    func write(into out: inout ByteWriter) {
        out.name("cached")
        out.beginObject()
        out.member("job", hex: job)
        out.member("measuredAtMs", Int(measuredAt.milliseconds))
        out.endObject()
    }
}
