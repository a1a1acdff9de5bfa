import Determinism
import QuantumCircuit
import QuantumCompiler
import QuantumPrimitives
import QuantumSimulator

extension MitigationStudy {
    /// Confusion matrices from a tenth of the shots on each calibration circuit.
    func readoutInverse(_ noise: NoiseModel) throws -> Outcome {
        let (zeros, ones) = try ReadoutMitigation.calibrationCircuits(qubits: circuit.qubits)
        let shots = max(settings.shots / 10, 1)
        let counts = try [zeros, ones].enumerated().map { index, circuit in
            try DensityMatrixSimulator().run(circuit, noise: noise).counts(
                shots: shots, seed: settings.seed, stream: UInt64(index + 1))
        }
        let mitigation = try ReadoutMitigation(zeros: counts[0], ones: counts[1])
        let corrected = device.counting(as: mitigation.corrected(device.values))
        let probabilities = try DensityMatrixSimulator().run(circuit, noise: noise)
            .measuredProbabilities()
        return Outcome(
            value: corrected.mean(probabilities),
            sampled: try corrected.read(
                circuit, noise, shots: max(settings.shots - 2 * shots, 1), seed: settings.seed
            ).sampled,
            shotsFactor: corrected.variance(probabilities) / device.variance(probabilities),
            circuits: 3)
    }

    /// Mean over an ensemble of twirls (0: the circuit itself) at each noise scale; without a
    /// method, at scale 1.
    func extrapolated(
        _ method: ZeroNoiseExtrapolation?, _ noise: NoiseModel, twirls: Int
    ) throws -> Outcome {
        let scales = method == nil ? [1] : Self.scales
        var (exact, sampled) = ([NoiseScaledValue](), [NoiseScaledValue]())
        for (index, scale) in scales.enumerated() {
            let folded = try GateFolding(.local, scaleFactor: scale).fold(circuit)
            let members =
                twirls == 0
                ? [folded] : try PauliTwirling(seed: settings.seed).ensemble(folded, size: twirls)
            let count = Double(members.count)
            let shots = max(settings.shots / scales.count / members.count, 2)
            var (sum, shotSum, variance) = (0.0, 0.0, 0.0)
            for (number, member) in members.enumerated() {
                let reading = try device.read(
                    member, noise, shots: shots, seed: settings.seed,
                    stream: UInt64(index * members.count + number))
                sum += reading.exact
                shotSum += reading.sampled.value
                variance += reading.sampled.standardError * reading.sampled.standardError
            }
            exact.append(NoiseScaledValue(scale: scale, value: sum / count))
            sampled.append(
                NoiseScaledValue(
                    scale: scale, value: shotSum / count,
                    standardError: variance.squareRoot() / count))
        }
        let circuits = scales.count * max(twirls, 1)
        guard let method else {
            return Outcome(
                value: exact[0].value,
                sampled: MitigatedValue(
                    value: sampled[0].value, standardError: sampled[0].standardError,
                    varianceAmplification: 1), shotsFactor: 1, circuits: circuits)
        }
        let value = try method.extrapolate(exact)
        // Each scale gets its share of the shots.
        return Outcome(
            value: value.value, sampled: try method.extrapolate(sampled),
            shotsFactor: Double(scales.count) * value.varianceAmplification, circuits: circuits)
    }

    /// Samples of the quasi-probability of the inverse noise.
    func cancelled(_ noise: NoiseModel) throws -> Outcome {
        let cancellation = try ErrorCancellation(circuit) {
            $0.qubits.count == 2 ? settings.depolarizing : 0
        }
        let samples = try cancellation.samples(settings.samples, seed: settings.seed)
        var (exact, sampled) = (
            [ErrorCancellation.Reading](), [ErrorCancellation.Reading]()
        )
        for (number, sample) in samples.enumerated() {
            let shots = max(settings.shots * sample.count / settings.samples, 1)
            let reading = try device.read(
                sample.circuit, noise, shots: shots, seed: settings.seed,
                stream: UInt64(number))
            exact.append(ErrorCancellation.Reading(mean: reading.exact, standardError: 0))
            sampled.append(
                ErrorCancellation.Reading(
                    mean: reading.sampled.value, standardError: reading.sampled.standardError))
        }
        return Outcome(
            value: try cancellation.estimate(samples, exact).value,
            sampled: try cancellation.estimate(samples, sampled),
            shotsFactor: cancellation.cost, circuits: samples.count)
    }
}

/// A sum of Z strings as numbers on outcomes, read on the noisy simulator.
struct NoisyObservable {
    /// Of each outcome; bit q is qubit q.
    let values: [Double]

    /// - Parameter places: entry q: the compiled circuit's qubit that holds the source's qubit q.
    init(_ observable: PauliSum, places: [Int]) throws {
        var values = [Double](repeating: 0, count: 1 << places.count)
        for (index, term) in observable.terms.enumerated() {
            guard term.string.isDiagonal else {
                throw CommandFailure(
                    "term \(index) of the observable is \(term.string): only Z is allowed")
            }
            let mask = places.indices.reduce(UInt32(0)) {
                $0 | (term.string.z >> UInt32($1) & 1) << UInt32(places[$1])
            }
            for outcome in values.indices {
                let sign = ZString(mask: mask).value(on: UInt32(outcome))
                values[outcome] += term.coefficient * Double(sign)
            }
        }
        self.values = values
    }

    private init(values: [Double]) { self.values = values }

    func counting(as values: [Double]) -> NoisyObservable { NoisyObservable(values: values) }

    func mean(_ probabilities: [Double]) -> Double {
        zip(probabilities, values).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func variance(_ probabilities: [Double]) -> Double {
        let mean = mean(probabilities)
        return zip(probabilities, values).reduce(0) {
            $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean)
        }
    }

    /// Readout errors of the model included.
    func exact(_ circuit: Circuit, _ noise: NoiseModel) throws -> Double {
        mean(try DensityMatrixSimulator().run(circuit, noise: noise).measuredProbabilities())
    }

    /// The same, and from shots.
    func read(
        _ circuit: Circuit, _ noise: NoiseModel, shots: Int, seed: UInt64, stream: UInt64 = 0
    ) throws -> (exact: Double, sampled: MitigatedValue) {
        let state = try DensityMatrixSimulator().run(circuit, noise: noise)
        let counts = try state.counts(shots: shots, seed: seed, stream: stream)
        let shares = counts.map { Double($0) / Double(shots) }
        let sampled = MitigatedValue(
            value: mean(shares), standardError: (variance(shares) / Double(shots)).squareRoot(),
            varianceAmplification: 1)
        return (mean(try state.measuredProbabilities()), sampled)
    }
}
