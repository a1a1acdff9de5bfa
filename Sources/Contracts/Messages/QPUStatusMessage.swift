public import Determinism

/// `qpu-status`: a device's heartbeat, keyed by its name.
public struct QPUStatusMessage: TopicMessage, Sendable, Equatable {
    public var device = ""
    public var at = Timestamp(microseconds: 0)
    public var state = DeviceState.online
    /// Circuits waiting or running.
    public var queueDepth = 0
    /// Time until a circuit submitted now would start.
    public var waitMilliseconds = 0.0
    /// Time that one circuit occupies the device.
    public var serviceTimeMilliseconds = 0.0
    public var calibration = ""
    /// Circuits since the device's start.
    public var submitted = 0
    public var completed = 0
    public var failed = 0

    public init() {}

    private static let names = FieldNames(
        "device", "atMs", "state", "queueDepth", "waitMs", "serviceTimeMs", "calibration",
        "submitted", "completed", "failed")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: device = try value.requireString("device").string
            case 1: at = try value.requireMilliseconds("atMs")
            case 2: state = try value.requireCase("state")
            case 3: queueDepth = try value.requireInteger("queueDepth")
            case 4: waitMilliseconds = try value.requireNumber("waitMs")
            case 5: serviceTimeMilliseconds = try value.requireNumber("serviceTimeMs")
            case 6: calibration = try value.requireString("calibration").string
            case 7: submitted = try value.requireInteger("submitted")
            case 8: completed = try value.requireInteger("completed")
            case 9: failed = try value.requireInteger("failed")
            default: break
            }
        }
        try fields.require(first: 10)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("device", device)
        out.member("atMs", Int(at.milliseconds))
        out.member("state", state.rawValue)
        out.member("queueDepth", queueDepth)
        out.member("waitMs", waitMilliseconds)
        out.member("serviceTimeMs", serviceTimeMilliseconds)
        out.member("calibration", calibration)
        out.member("submitted", submitted)
        out.member("completed", completed)
        out.member("failed", failed)
        out.endObject()
    }
}
