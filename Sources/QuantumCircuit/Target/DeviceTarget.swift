/// A device as a compiler and a backend speak of it: what it couples, what it executes, and how
/// well.
public struct DeviceTarget: Hashable, Sendable {
    public let name: String
    public let coupling: CouplingMap
    public let gates: NativeGateSet
    public let calibration: CalibrationSnapshot
    /// Whether a qubit may be set back to |0⟩ within a circuit.
    public let supportsReset: Bool
    /// Whether a measured qubit may be used again.
    public let supportsMidCircuitMeasurement: Bool
    /// The longest compiled circuit that it takes, as `Circuit.depth` counts.
    public let maximumDepth: Int

    public var qubits: Int { coupling.qubits }

    /// - Parameters:
    ///   - calibration: nil for `CalibrationSnapshot.uniform`.
    ///   - maximumDepth: 1 or more.
    /// - Throws: when calibration and coupling do not fit.
    public init(
        name: String, coupling: CouplingMap, gates: NativeGateSet,
        calibration: CalibrationSnapshot? = nil, supportsReset: Bool = true,
        supportsMidCircuitMeasurement: Bool = true,
        maximumDepth: Int = Circuit.maximumOperations
    ) throws(TargetError) {
        let snapshot = calibration ?? .uniform(coupling, gates)
        try snapshot.check(coupling)
        self.name = name
        self.coupling = coupling
        self.gates = gates
        self.calibration = snapshot
        self.supportsReset = supportsReset
        self.supportsMidCircuitMeasurement = supportsMidCircuitMeasurement
        self.maximumDepth = maximumDepth
    }

    /// The same device after another calibration.
    public func calibrated(
        _ calibration: CalibrationSnapshot
    ) throws(TargetError) -> DeviceTarget {
        try DeviceTarget(
            name: name, coupling: coupling, gates: gates, calibration: calibration,
            supportsReset: supportsReset,
            supportsMidCircuitMeasurement: supportsMidCircuitMeasurement,
            maximumDepth: maximumDepth)
    }
}

extension DeviceTarget {
    /// The names that `named(_:)` understands.
    public static let nameForms =
        "line-N, ring-N, all-to-all-N, grid-RxC, heavy-hex-RxC or falcon-5, -7 or -27, "
        + "then optionally -cx, -ecr, -cz, -rxx or -gpi, then optionally -directed"

    /// Names of shipped targets of a size that is easy to look at; any other size has its name too.
    public static let examples = [
        "line-5", "ring-6-cz", "grid-2x3", "heavy-hex-2x5-ecr", "falcon-7-ecr", "falcon-27",
        "falcon-27-ecr", "line-8-cx-directed", "all-to-all-11", "all-to-all-11-gpi",
    ]

    /// A shipped target, with uniform typical calibration.
    ///
    /// Without a gate set, `cx`, but `rxx` for all-to-all. ECR pairs run in ascending order only,
    /// as the pulses behind them do; so do CX pairs when `-directed` is asked for.
    public static func named(_ name: String) throws(TargetError) -> DeviceTarget {
        var parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let isDirected = parts.last == "directed"
        if isDirected { parts.removeLast() }
        var gates: NativeGateSet?
        if let last = parts.last, let set = NativeGateSet(rawValue: last) {
            gates = set
            parts.removeLast()
        }
        guard let size = parts.popLast() else { throw .name(name) }
        let topology = parts.joined(separator: "-")
        guard let coupling = try coupling(topology, size) else { throw .name(name) }
        let set = gates ?? (topology == "all-to-all" ? .rxx : .cx)
        guard !isDirected || set.isOrdered else { throw .name(name) }
        return try DeviceTarget(
            name: name, coupling: isDirected || set == .ecr ? coupling.ascending : coupling,
            gates: set)
    }

    private static func coupling(
        _ topology: String, _ size: String
    ) throws(TargetError) -> CouplingMap? {
        let sides = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        switch (topology, sides.count) {
        case ("line", 1): return try sides[0].map { count throws(TargetError) in try .line(count) }
        case ("ring", 1): return try sides[0].map { count throws(TargetError) in try .ring(count) }
        case ("all-to-all", 1):
            return try sides[0].map { count throws(TargetError) in try .allToAll(count) }
        case ("falcon", 1):
            return try sides[0].map { count throws(TargetError) in try .falcon(count) }
        case ("grid", 2):
            guard let rows = sides[0], let columns = sides[1] else { return nil }
            return try .grid(rows: rows, columns: columns)
        case ("heavy-hex", 2):
            guard let rows = sides[0], let columns = sides[1] else { return nil }
            return try .heavyHex(rows: rows, columns: columns)
        default: return nil
        }
    }
}
