public import Determinism

/// `qpu-status`: a device's heartbeat, keyed by its name.
///
/// The fields after `failed` may be missing, as in the messages of a worker that does not know
/// them.
public struct QPUStatusMessage: TopicMessage, Sendable, Equatable {
    public var device = ""
    public var at = Timestamp(microseconds: 0)
    public var state = DeviceState.online
    /// Circuits waiting or running.
    public var queueDepth = 0
    /// Time until a circuit submitted now would start, announced closures included.
    public var waitMilliseconds = 0.0
    /// Time that one circuit occupies the device.
    public var serviceTimeMilliseconds = 0.0
    public var calibration = ""
    /// Circuits since the device's start.
    public var submitted = 0
    public var completed = 0
    public var failed = 0
    /// Which of the instances that serve the device reports; empty where there is one.
    public var instance = ""
    /// Submissions that the device put off, since the start.
    public var throttled = 0
    /// Jobs that ended since the heartbeat before, oldest first; of more than `maximumOutcomes` the
    /// newest.
    public var outcomes: [DeviceOutcome] = []
    /// Price of one circuit whatever its shots, and of each shot; nil where the device does not say.
    public var pricePerTask: Double?
    public var pricePerShot: Double?
    /// When the device takes jobs again, if it asked for patience.
    public var throttledUntil: Timestamp?
    /// What is announced, the one under way first; at most `maximumClosures`.
    public var closures: [DeviceClosure] = []
    /// Estimated probability that a circuit runs and is read without an error, 0…1; nil where nobody
    /// knows.
    public var fidelity: Double?
    /// Circuits that the device runs at a time, 1 or more.
    public var servers = 1
    /// The same figures of the simpler circuit, with as many shots; nil where the model has none, or
    /// nobody knows.
    public var simplerCircuit: CircuitFigures?
    /// Jobs that the instance's cache answered, and those that it could not, since the start; nil where
    /// it keeps none.
    public var cacheHits: Int?
    public var cacheMisses: Int?

    public static let maximumOutcomes = 64
    public static let maximumClosures = 16

    public init() {}

    private static let names = FieldNames(
        "device", "atMs", "state", "queueDepth", "waitMs", "serviceTimeMs", "calibration",
        "submitted", "completed", "failed", "instance", "throttled", "outcomes", "pricePerTask",
        "pricePerShot", "throttledUntilMs", "closures", "fidelity", "servers", "simplerCircuit",
        "cacheHits", "cacheMisses")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        instance = ""
        throttled = 0
        outcomes.removeAll(keepingCapacity: true)
        pricePerTask = nil
        pricePerShot = nil
        throttledUntil = nil
        closures.removeAll(keepingCapacity: true)
        fidelity = nil
        servers = 1
        simplerCircuit = nil
        cacheHits = nil
        cacheMisses = nil
        try object.forEachMember { (key, value) throws(ContractViolation) in
            if let field = try fields.next(key) { try read(field: field, value) }
        }
        try fields.require(first: 10)
    }

    private mutating func read(field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
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
        case 10: instance = try value.requireString("instance").string
        case 11: throttled = try value.requireInteger("throttled")
        case 12: try readOutcomes(value)
        case 13: pricePerTask = try value.requireNonnegative("pricePerTask")
        case 14: pricePerShot = try value.requireNonnegative("pricePerShot")
        case 15: throttledUntil = try value.requireMilliseconds("throttledUntilMs")
        case 16: try readClosures(value)
        case 17: fidelity = try value.requireProbability("fidelity")
        case 18: servers = try value.requireServers("servers")
        case 19: simplerCircuit = try CircuitFigures(value)
        case 20: cacheHits = try value.requireInteger("cacheHits")
        default: cacheMisses = try value.requireInteger("cacheMisses")
        }
    }

    private mutating func readOutcomes(_ value: JSONValue) throws(ContractViolation) {
        try value.requireCount("outcomes", atMost: Self.maximumOutcomes)
        try value.forEachElement { (element) throws(ContractViolation) in
            outcomes.append(try DeviceOutcome(element))
        }
    }

    private mutating func readClosures(_ value: JSONValue) throws(ContractViolation) {
        try value.requireCount("closures", atMost: Self.maximumClosures)
        try value.forEachElement { (element) throws(ContractViolation) in
            closures.append(try DeviceClosure(element))
        }
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
        writeFeedback(into: &out)
        out.endObject()
    }

    private func writeFeedback(into out: inout ByteWriter) {
        if !instance.isEmpty { out.member("instance", instance) }
        if throttled > 0 { out.member("throttled", throttled) }
        if !outcomes.isEmpty {
            out.name("outcomes")
            out.appendList(outcomes.suffix(Self.maximumOutcomes)) { $0.write(into: &$1) }
        }
        if let pricePerTask { out.member("pricePerTask", pricePerTask) }
        if let pricePerShot { out.member("pricePerShot", pricePerShot) }
        if let throttledUntil {
            out.member("throttledUntilMs", Int(throttledUntil.milliseconds))
        }
        if !closures.isEmpty {
            out.name("closures")
            out.appendList(closures.prefix(Self.maximumClosures)) { $0.write(into: &$1) }
        }
        if let fidelity { out.member("fidelity", fidelity) }
        if servers > 1 { out.member("servers", servers) }
        if let simplerCircuit {
            out.name("simplerCircuit")
            simplerCircuit.write(into: &out)
        }
        if let cacheHits { out.member("cacheHits", cacheHits) }
        if let cacheMisses { out.member("cacheMisses", cacheMisses) }
    }
}

extension ByteWriter {
    fileprivate mutating func appendList<Element>(
        _ elements: ArraySlice<Element>, _ write: (Element, inout ByteWriter) -> Void
    ) {
        append(UInt8(ascii: "["))
        for index in elements.indices {
            if index > elements.startIndex { append(UInt8(ascii: ",")) }
            write(elements[index], &self)
        }
        append(UInt8(ascii: "]"))
    }
}

extension JSONValue {
    fileprivate func requireCount(
        _ field: StaticString, atMost most: Int
    ) throws(ContractViolation) {
        guard kind == .array else { throw wrongType(field, "an array") }
        guard count <= most else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' has \(count) elements; allowed are \(most)")
        }
    }

    func requireServers(_ field: StaticString) throws(ContractViolation) -> Int {
        let servers = try requireInteger(field)
        guard (1...1_000_000).contains(servers) else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' is \(servers); it must be 1 to 1000000")
        }
        return servers
    }

    func requireNonnegative(_ field: StaticString) throws(ContractViolation) -> Double {
        let number = try requireNumber(field)
        guard number >= 0 else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' is \(number); it must be 0 or more")
        }
        return number
    }
}
