public import Contracts
public import Determinism
public import QuantumCircuit

/// What stands behind a backend.
public enum DeviceKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// The noiseless simulator, at once and free of charge.
    case ideal
    /// The simulator with the noise of a calibration.
    case noisy
    /// A device model with a queue, a service time, prices and outages.
    case simulatedQPU = "simulated-qpu"
    /// Somebody else's process, which takes jobs from a topic and reports there.
    case topic
}

/// A device as discovery finds it.
public struct DeviceDescription: Hashable, Sendable, Codable {
    /// What it executes.
    public struct Target: Hashable, Sendable, Codable {
        public let name: String
        public let qubits: Int
        public let nativeGates: NativeGateSet
        /// Pairs of qubits that a two-qubit gate may act on.
        public let coupledPairs: Int
        /// Whether some pair is allowed in one order only.
        public let isDirected: Bool
        public let supportsReset: Bool
        public let supportsMidCircuitMeasurement: Bool
        public let maximumDepth: Int

        public init(_ device: DeviceTarget) {
            name = device.name
            qubits = device.qubits
            nativeGates = device.gates
            coupledPairs = device.coupling.pairs.count
            isDirected = device.coupling.isDirected
            supportsReset = device.supportsReset
            supportsMidCircuitMeasurement = device.supportsMidCircuitMeasurement
            maximumDepth = device.maximumDepth
        }
    }

    /// How well it does: medians over qubits and pairs.
    public struct Quality: Hashable, Sendable, Codable {
        public let t1Microseconds: Double
        public let t2Microseconds: Double
        public let oneQubitError: Double
        /// Nil for a device without pairs.
        public let twoQubitError: Double?
        public let readoutError: Double

        /// - Parameter snapshot: of one qubit or more, as every `DeviceTarget` has.
        public init(_ snapshot: CalibrationSnapshot) {
            t1Microseconds = Self.median(snapshot.qubits.map(\.t1Microseconds)) ?? 0
            t2Microseconds = Self.median(snapshot.qubits.map(\.t2Microseconds)) ?? 0
            oneQubitError = Self.median(snapshot.qubits.map(\.gateError)) ?? 0
            twoQubitError = Self.median(snapshot.pairs.map(\.error))
            readoutError = Self.median(snapshot.qubits.map(\.readoutError)) ?? 0
        }

        /// Of an even number of values, the mean of the two in the middle.
        private static func median(_ values: [Double]) -> Double? {
            if values.isEmpty { return nil }
            let sorted = values.sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
    }

    /// The most that it takes.
    public struct Limits: Hashable, Sendable, Codable {
        public let qubits: Int
        /// Per record.
        public let maxShots: Int
        /// Records in one job.
        public let maxBatch: Int
        /// Whether it takes 0 shots, for exact values.
        public let isExactAllowed: Bool

        public init(_ target: BackendTarget) {
            qubits = target.qubits
            maxShots = target.maxShots
            maxBatch = target.maxBatch
            isExactAllowed = target.isExactAllowed
        }
    }

    public let name: String
    public let kind: DeviceKind
    /// Nil where only the device itself knows.
    public let state: DeviceState?
    /// Nil for a device that runs every gate on any qubits, or that nobody here knows.
    public let target: Target?
    /// The calibration in force; nil where only the device itself knows.
    public let calibration: String?
    /// Nil for a device without errors, or that nobody here knows.
    public let quality: Quality?
    /// Nil where only the device itself knows.
    public let limits: Limits?
    public let price: DevicePrice?

    /// A device that is somebody else's process: it reports its state and calibration itself, on
    /// `qpu-status`, and bills what it likes.
    public init(topicDevice name: String) {
        self.name = name
        kind = .topic
        state = nil
        target = nil
        calibration = nil
        quality = nil
        limits = nil
        price = nil
    }

    fileprivate init(_ backend: some QuantumBackend, at now: Timestamp) {
        let status = backend.deviceStatus(at: now)
        name = backend.target.name
        kind = backend.kind
        state = status.state
        target = backend.device.map { Target($0) }
        calibration = status.calibration
        quality = backend.device.map { Quality($0.calibration) }
        limits = Limits(backend.target)
        price = backend.price
    }
}

extension QuantumBackend {
    /// The device as discovery finds it at an instant.
    public func description(at now: Timestamp) -> DeviceDescription {
        DeviceDescription(self, at: now)
    }
}

/// The devices that a configuration names: the contract's verb "discover".
public struct DeviceCatalog: Hashable, Sendable {
    /// In the order given.
    public let devices: [DeviceDescription]

    /// - Parameter devices: where two share a name, both are listed and the first is found.
    public init(_ devices: [DeviceDescription]) { self.devices = devices }

    /// Describes backends as they are at an instant.
    public init(_ backends: [any QuantumBackend], at now: Timestamp) {
        devices = backends.map { $0.description(at: now) }
    }

    /// The device of a name, or of a kind where no device has that name.
    public func device(_ name: String) -> DeviceDescription? {
        devices.first { $0.name == name } ?? devices.first { $0.kind.rawValue == name }
    }
}
