public import Determinism
import QuantumCircuit

/// Several devices of different price, speed and fidelity, by name: what a choice among devices is
/// made from. A value; backends are made from it.
public struct DeviceFleet: Hashable, Sendable {
    /// In the order of preference that their owner gave them.
    public let devices: [SimulatedQPUConfiguration]

    /// - Throws: for two devices of one name, or one that makes no sense.
    public init(_ devices: [SimulatedQPUConfiguration]) throws(BackendConfigurationError) {
        var names: Set<String> = []
        for device in devices {
            try device.validate()
            try BackendConfigurationError.require(
                !device.name.isEmpty && names.insert(device.name).inserted, "device name",
                "'\(device.name)'", "one name for each device, not empty")
        }
        self.devices = devices
    }

    public var names: [String] { devices.map(\.name) }

    public subscript(name: String) -> SimulatedQPUConfiguration? {
        devices.first { $0.name == name }
    }

    /// Backends in the order of the devices; equal fleets, seeds and instants behave alike.
    ///
    /// - Parameters:
    ///   - start: of every device's calendar.
    ///   - compilation: for each device's target; nil to run templates as they are.
    public func backends(
        start: Timestamp, compilation: DeviceCompilation? = nil
    ) throws(BackendConfigurationError) -> [SimulatedQPU] {
        var made: [SimulatedQPU] = []
        for device in devices {
            made.append(try SimulatedQPU(device, start: start, compilation: compilation))
        }
        return made
    }
}

extension DeviceFleet {
    /// Three devices to choose among, with typical published magnitudes: `ions`, slow, precise and
    /// dear; `transmons`, fast and cheap by the second behind a public queue; `transmons-reserved`,
    /// the same chip by the shot without much of a queue.
    ///
    /// - Parameter qubits: of each, 2…11.
    public static func mixed(
        qubits: Int = 8, seed: UInt64 = 0
    ) throws(BackendConfigurationError) -> DeviceFleet {
        try BackendConfigurationError.require(
            (2...11).contains(qubits), "qubits", qubits, "2 to 11 are allowed")
        var ions = try device("ions", on: "all-to-all-11-gpi", qubits, seed)
        ions.priceBook = PricePreset.ionQ.book
        var transmons = try device("transmons", on: "line-12", qubits, seed)
        transmons.priceBook = PricePreset.ibm.book
        QueuePreset.busyPublic.apply(to: &transmons)
        var reserved = try device("transmons-reserved", on: "line-12", qubits, seed)
        reserved.priceBook = PricePreset.awsBraket.book
        QueuePreset.reserved.apply(to: &reserved)
        return try DeviceFleet([ions, transmons, reserved])
    }

    private static func device(
        _ name: String, on target: String, _ qubits: Int, _ seed: UInt64
    ) throws(BackendConfigurationError) -> SimulatedQPUConfiguration {
        var device = SimulatedQPUConfiguration()
        device.name = name
        device.qubits = qubits
        device.shotTiming = ShotTiming()
        device.noise = .approximate
        device.drift.jump = 0.1
        device.drift.spread = 0.2
        device.seed = StableHash.combine(seed, StableHash.hash64(name))
        do {
            device.target = try DeviceTarget.named(target)
        } catch {
            throw BackendConfigurationError(
                setting: "target", value: target, allowed: error.description)
        }
        return device
    }
}
