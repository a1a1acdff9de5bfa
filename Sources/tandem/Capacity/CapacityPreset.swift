import ArgumentParser
import Capacity
import Configuration
import Determinism
import Models
import QuantumBackends
import QuantumCircuit
import Stages

/// Devices that a capacity question can name.
enum CapacityPreset: String, CaseIterable {
    /// The default of `enrichment.device`: nobody else, 20 µs a record.
    case simulated = "simulated-qpu"
    /// Those of `DeviceFleet.mixed`.
    case ions
    case transmons
    case transmonsReserved = "transmons-reserved"

    static let names = allCases.map(\.rawValue)

    struct Choice {
        let preset: CapacityPreset
        let count: Int

        var names: [String] {
            count == 1
                ? [preset.rawValue] : (1...count).map { "\(preset.rawValue)-\($0)" }
        }
    }

    static func parse(_ text: String) throws -> [Choice] {
        let choices = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let words = part.split(separator: ":", omittingEmptySubsequences: false)
            guard let preset = CapacityPreset(rawValue: String(words[0])) else {
                throw ValidationError(
                    Suggestion.unknown("device", String(words[0]), among: names))
            }
            let count = words.count == 1 ? 1 : Int(words[1]) ?? 0
            guard words.count <= 2, (1...64).contains(count) else {
                throw ValidationError(
                    "--devices has '\(part)'; it must be preset or preset:count with a count of 1 to 64"
                )
            }
            return Choice(preset: preset, count: count)
        }
        guard choices.reduce(0, { $0 + $1.count }) <= 64 else {
            throw ValidationError("--devices names more than 64 devices")
        }
        return choices
    }

    /// The queues of chosen devices, each with a seed of its own.
    static func models(
        _ choices: [Choice], qubits: Int, shots: Int, seed: UInt64
    ) throws -> [QueueModel] {
        let fleet = try DeviceFleet.mixed(qubits: qubits, seed: seed)
        var models: [QueueModel] = []
        for choice in choices {
            for name in choice.names {
                var device =
                    try fleet[choice.preset.rawValue] ?? SimulatedDevice.configuration(.init())
                device.name = name
                device.seed = StableHash.combine(seed, StableHash.hash64(name))
                models.append(
                    try QueueModel(
                        device, circuit: try circuit(for: device, qubits: qubits), shots: shots,
                        start: CapacityQuestion.start))
            }
        }
        return models
    }

    /// The default model's circuit as the device runs it; nil where its gates do not matter.
    private static func circuit(
        for device: SimulatedQPUConfiguration, qubits: Int
    ) throws -> Circuit? {
        guard device.needsFootprint, let target = device.target else { return nil }
        let training = TrainingConfiguration()
        let specification = try CircuitSpecification(
            qubits: qubits, repetitions: training.repetitions,
            entanglement: training.entanglement, bandwidth: training.bandwidth)
        return try DeviceFactory.compiler.compile(
            CircuitTemplates.circuit(for: specification), target)
    }
}
