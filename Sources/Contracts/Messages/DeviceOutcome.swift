public import Determinism

/// How one job ended on a device: what admission learns waits and failures from.
public struct DeviceOutcome: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable { case ok, failed, throttled }

    public var submittedAt = Timestamp(microseconds: 0)
    /// Circuits waiting or running as the job was submitted, its own not among them.
    public var queueDepth = 0
    /// The device's own estimate of the wait, made then; 0 where it gives none.
    public var announcedMilliseconds = 0.0
    /// From submission to start; until it ended, for a job that never started.
    public var waitMilliseconds = 0.0
    /// On the device, its result's way back included; 0 for a job that never started.
    public var runMilliseconds = 0.0
    /// Circuits in the job.
    public var records = 1
    public var status = Status.ok
    /// `simplerCircuit` for a job of that circuit, which has other run times than the model's own.
    public var downgrade = Downgrade.none

    public init() {}

    public var announced: TimeSpan { .seconds(max(announcedMilliseconds, 0) / 1e3) }
    public var wait: TimeSpan { .seconds(max(waitMilliseconds, 0) / 1e3) }
    public var run: TimeSpan { .seconds(max(runMilliseconds, 0) / 1e3) }

    private static let names = FieldNames(
        "submittedAtMs", "queueDepth", "announcedMs", "waitMs", "runMs", "records", "status",
        "downgrade")

    init(_ object: JSONValue) throws(ContractViolation) {
        guard object.kind == .object else { throw object.wrongType("outcomes", "objects") }
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: submittedAt = try value.requireMilliseconds("submittedAtMs")
            case 1: queueDepth = try value.requireInteger("queueDepth")
            case 2: announcedMilliseconds = try value.requireNumber("announcedMs")
            case 3: waitMilliseconds = try value.requireNumber("waitMs")
            case 4: runMilliseconds = try value.requireNumber("runMs")
            case 5: records = try value.requireInteger("records")
            case 6: status = try value.requireCase("status")
            case 7: downgrade = try value.requireCase("downgrade")
            default: break
            }
        }
        try fields.require(first: 7)
    }

    func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("submittedAtMs", Int(submittedAt.milliseconds))
        out.member("queueDepth", queueDepth)
        out.member("announcedMs", announcedMilliseconds)
        out.member("waitMs", waitMilliseconds)
        out.member("runMs", runMilliseconds)
        out.member("records", records)
        out.member("status", status.rawValue)
        out.member("downgrade", downgrade)
        out.endObject()
    }
}

/// A time in which a device is known in advance to start no jobs.
public struct DeviceClosure: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case maintenance, calibration }

    public var kind = Kind.maintenance
    /// From included, until excluded.
    public var from = Timestamp(microseconds: 0)
    public var until = Timestamp(microseconds: 0)

    public init() {}

    public init(_ kind: Kind, from: Timestamp, until: Timestamp) {
        self.kind = kind
        self.from = from
        self.until = until
    }

    private static let names = FieldNames("kind", "fromMs", "untilMs")

    init(_ object: JSONValue) throws(ContractViolation) {
        guard object.kind == .object else { throw object.wrongType("closures", "objects") }
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: kind = try value.requireCase("kind")
            case 1: from = try value.requireMilliseconds("fromMs")
            case 2: until = try value.requireMilliseconds("untilMs")
            default: break
            }
        }
        try fields.require(first: 3)
        guard from < until else {
            throw ContractViolation(
                .outOfRange,
                "field 'untilMs' is \(until.milliseconds); it must be above 'fromMs' "
                    + "\(from.milliseconds)")
        }
    }

    func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("kind", kind.rawValue)
        out.member("fromMs", Int(from.milliseconds))
        out.member("untilMs", Int(until.milliseconds))
        out.endObject()
    }
}
