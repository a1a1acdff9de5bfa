public import Determinism

/// `admission-state`: that a record was decided, keyed by its id, so that it is not decided, and
/// paid for, twice; while its call's price is only estimated, also what was set aside for it.
public struct AdmissionStateMessage: TopicMessage {
    public var at = Timestamp(microseconds: 0)
    public var admitted = false
    /// What budgets hold for the record's call, until it is settled or released.
    public var reservation: Reservation?

    /// An estimate that is set aside.
    public struct Reservation: Sendable, Equatable {
        public var job: UInt64
        /// Millionths of the price book's currency.
        public var estimate: Int
        /// Hashes of the names that the price is charged to (`BudgetSubject`).
        public var tenant: UInt64
        public var model: UInt64
        public var device: UInt64

        public init(
            job: UInt64 = 0, estimate: Int = 0, tenant: UInt64 = 0, model: UInt64 = 0,
            device: UInt64 = 0
        ) {
            self.job = job
            self.estimate = estimate
            self.tenant = tenant
            self.model = model
            self.device = device
        }
    }

    public init() {}

    private static let names = FieldNames(
        "atMs", "admitted", "job", "estimate", "tenant", "model", "device")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        var held = Reservation()
        var count = 0
        try object.forEachMember { (key, value) throws(ContractViolation) in
            let index = try fields.next(key)
            switch index {
            case 0: at = try value.requireMilliseconds("atMs")
            case 1: admitted = try value.requireBoolean("admitted")
            case 2: held.job = try value.requireHex("job")
            case 3: held.estimate = try value.requireCount("estimate")
            case 4: held.tenant = try value.requireHex("tenant")
            case 5: held.model = try value.requireHex("model")
            case 6: held.device = try value.requireHex("device")
            default: break
            }
            if let index, index >= 2 { count += 1 }
        }
        // All of a reservation's fields, or none.
        try fields.require(first: count > 0 ? 7 : 2)
        reservation = count > 0 ? held : nil
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("atMs", Int(at.milliseconds))
        out.member("admitted", admitted)
        if let reservation {
            out.member("job", hex: reservation.job)
            out.member("estimate", reservation.estimate)
            out.member("tenant", hex: reservation.tenant)
            out.member("model", hex: reservation.model)
            out.member("device", hex: reservation.device)
        }
        out.endObject()
    }
}
