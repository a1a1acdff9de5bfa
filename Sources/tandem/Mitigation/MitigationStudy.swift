import Determinism
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import QuantumSimulator

/// What each error mitigation makes of one diagonal observable, under the noise that it is for.
///
/// The circuit is compiled to CX, RZ, √X and X on a device that couples all qubits. Errors "before"
/// and "after" are of values from density matrices, without shot noise, but where a method itself
/// samples (calibration, twirls, cancellation). Same settings, same result.
struct MitigationStudy {
    struct Settings {
        /// Depolarising strength after each CX.
        var depolarizing = 0.02
        /// Chance of reading a 0 as 1; of reading a 1 as 0, twice that.
        var readoutError = 0.03
        /// Of each CX about its own axis ZX, in radians.
        var overRotation = 0.1
        /// About Z while a qubit idles, in radians per microsecond.
        var idleRotation = 1.0
        /// Of each method, over all of its circuits.
        var shots = 100_000
        /// Circuits of an ensemble of twirls, and of samples that cancel errors.
        var twirls = 32
        var samples = 4_000
        var seed: UInt64 = 1
    }

    struct Row: Encodable {
        let noise: String
        let mitigation: String
        let ideal: Double
        let unmitigated: Double
        let mitigated: Double
        let errorBefore: Double
        let errorAfter: Double
        /// `errorBefore / errorAfter`.
        let reduction: Double
        /// Times the shots for the unmitigated value's standard error.
        let shotsFactor: Double
        /// Circuits to run, calibration included.
        let circuits: Int
        /// From shots, with its standard error.
        let sampled: Double
        let standardError: Double
    }

    /// A value without shot noise, and the same from shots.
    struct Outcome {
        let value: Double
        let sampled: MitigatedValue
        let shotsFactor: Double
        let circuits: Int
    }

    let settings: Settings
    let target: DeviceTarget
    /// Compiled, without measurements.
    let circuit: Circuit
    let device: NoisyObservable
    private let ideal: Double

    static let scales = [1.0, 3, 5]
    static let maximumQubits = 8

    /// - Parameter observable: Pauli strings of Z alone, on the circuit's qubits.
    init(_ source: Circuit, _ observable: PauliSum, _ settings: Settings) throws {
        self.settings = settings
        target = try DeviceTarget.named("all-to-all-\(source.qubits)-cx")
        var body = Circuit(emptyLike: source)
        for operation in source.operations {
            if case .measure = operation.gate { continue }
            try body.append(operation)
        }
        let compiled = try Compiler(seed: settings.seed).compile(body, for: target)
        circuit = compiled.circuit
        device = try NoisyObservable(observable, places: compiled.finalLayout)
        ideal = try device.exact(circuit, NoiseModel())
    }

    /// One for each mitigation, but for those that refuse the values they get.
    ///
    /// - Returns: also why, one line for each that is left out.
    func rows() throws -> (rows: [Row], refusals: [String]) {
        var (rows, refusals) = ([Row](), [String]())
        for trial in try trials() {
            do {
                rows.append(try row(trial))
            } catch let error as MitigationError {
                refusals.append("\(trial.noise), \(trial.mitigation): \(error)")
            }
        }
        return (rows, refusals)
    }

    private struct Trial {
        let noise: String
        let mitigation: String
        let circuit: Circuit
        let model: NoiseModel
        let outcome: () throws -> Outcome
    }

    private func trials() throws -> [Trial] {
        let readout = try readoutNoise()
        let idle = try IdlingCircuit(circuit, on: target, rate: settings.idleRotation)
        return [
            Trial(
                noise: "readout", mitigation: "inverse of calibrated matrices", circuit: circuit,
                model: readout
            ) { try readoutInverse(readout) }
        ] + (try depolarizingTrials()) + (try coherentTrials()) + [
            Trial(
                noise: "idle rotation", mitigation: "decoupling by X, X", circuit: idle.plain,
                model: NoiseModel()
            ) {
                let reading = try device.read(
                    idle.decoupled, NoiseModel(), shots: settings.shots, seed: settings.seed)
                return Outcome(
                    value: reading.exact, sampled: reading.sampled, shotsFactor: 1, circuits: 1)
            }
        ]
    }

    private func readoutNoise() throws -> NoiseModel {
        let error = try ReadoutError(
            falseOne: settings.readoutError, falseZero: 2 * settings.readoutError)
        var noise = NoiseModel()
        for qubit in 0..<circuit.qubits { noise.setReadout(error, of: qubit) }
        return noise
    }

    private func depolarizingTrials() throws -> [Trial] {
        var noise = NoiseModel()
        noise.add(try .depolarizing(settings.depolarizing, qubits: 2), after: .operands(2))
        let model = noise
        let methods: [(String, ZeroNoiseExtrapolation)] = [
            ("linear", .linear), ("Richardson", .richardson),
            ("exponential", .exponential(asymptote: 0)),
        ]
        return methods.map { name, method in
            Trial(
                noise: "depolarising", mitigation: "extrapolation, \(name)", circuit: circuit,
                model: model
            ) { try extrapolated(method, model, twirls: 0) }
        } + [
            Trial(
                noise: "depolarising", mitigation: "error cancellation", circuit: circuit,
                model: model
            ) { try cancelled(model) }
        ]
    }

    private func coherentTrials() throws -> [Trial] {
        var noise = NoiseModel()
        // ZX of CX: Z on the control, X on the target.
        noise.add(
            try .overRotation(settings.overRotation, PauliString(x: 2, z: 1), qubits: 2),
            after: .named(["cx"]))
        let model = noise
        let methods: [(String, ZeroNoiseExtrapolation?)] = [
            ("twirling", nil), ("twirling, then exponential", .exponential(asymptote: 0)),
        ]
        return methods.map { name, method in
            Trial(
                noise: "over-rotation", mitigation: name, circuit: circuit, model: model
            ) { try extrapolated(method, model, twirls: settings.twirls) }
        }
    }

    private func row(_ trial: Trial) throws -> Row {
        let unmitigated = try device.exact(trial.circuit, trial.model)
        let outcome = try trial.outcome()
        let (before, after) = (abs(unmitigated - ideal), abs(outcome.value - ideal))
        return Row(
            noise: trial.noise, mitigation: trial.mitigation, ideal: ideal,
            unmitigated: unmitigated, mitigated: outcome.value, errorBefore: before,
            errorAfter: after, reduction: before / max(after, 1e-15),
            shotsFactor: outcome.shotsFactor, circuits: outcome.circuits,
            sampled: outcome.sampled.value, standardError: outcome.sampled.standardError)
    }
}
