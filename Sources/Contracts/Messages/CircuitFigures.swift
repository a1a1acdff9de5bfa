/// What one record's run of a circuit takes on a device: part of its heartbeat.
public struct CircuitFigures: Sendable, Equatable {
    /// Price of one circuit whatever its shots, and of each shot; 0 or more.
    public var pricePerTask = 0.0
    public var pricePerShot = 0.0
    /// Time that it occupies the device; 0 or more.
    public var serviceTimeMilliseconds = 0.0
    /// Estimated probability that it runs and is read without an error, 0…1; nil where nobody knows.
    public var fidelity: Double?

    public init() {}

    private static let names = FieldNames(
        "pricePerTask", "pricePerShot", "serviceTimeMs", "fidelity")

    init(_ object: JSONValue) throws(ContractViolation) {
        guard object.kind == .object else { throw object.wrongType("simplerCircuit", "an object") }
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: pricePerTask = try value.requireNonnegative("simplerCircuit.pricePerTask")
            case 1: pricePerShot = try value.requireNonnegative("simplerCircuit.pricePerShot")
            case 2:
                serviceTimeMilliseconds = try value.requireNonnegative(
                    "simplerCircuit.serviceTimeMs")
            case 3: fidelity = try value.requireProbability("simplerCircuit.fidelity")
            default: break
            }
        }
        try fields.require(first: 3)
    }

    func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("pricePerTask", pricePerTask)
        out.member("pricePerShot", pricePerShot)
        out.member("serviceTimeMs", serviceTimeMilliseconds)
        if let fidelity { out.member("fidelity", fidelity) }
        out.endObject()
    }
}
