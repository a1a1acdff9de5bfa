import Determinism
import Glibc
import QuantumCircuit

/// A device's figures over time: a function of seed and instant, whenever it is asked for.
///
/// The walk is taken on a grid of `drift.step`, by the exact transition of the process over a step
/// Δ (Gillespie, "Exact numerical simulation of the Ornstein–Uhlenbeck process", 1996):
/// x ← x·e^(−Δ/τ) + σ√(1 − e^(−2Δ/τ))·Z. The last position is kept, so that asking in the order of
/// time costs one step each; asking for an earlier instant starts its epoch again.
struct DriftingCalibration {
    let nominal: CalibrationSnapshot
    let drift: CalibrationDrift
    let interval: TimeSpan
    let seed: UInt64
    private var epoch = -1
    private var steps = 0
    private var jumps: [Double] = []
    private var walk: [Double] = []

    init(
        nominal: CalibrationSnapshot, drift: CalibrationDrift, interval: TimeSpan, seed: UInt64
    ) {
        self.nominal = nominal
        self.drift = drift
        self.interval = interval
        self.seed = StableHash.combine(seed, 0xCA11)
    }

    /// - Parameter elapsed: since the device's start; before it counts as at it.
    mutating func reading(at elapsed: TimeSpan) -> CalibrationReading {
        let elapsed = max(elapsed, .zero)
        let wanted = Int(elapsed.microseconds / interval.microseconds)
        let since = elapsed - interval * Int64(wanted)
        let wantedSteps = drift.isStill ? 0 : Int(since.microseconds / drift.step.microseconds)
        if wanted != epoch || wantedSteps < steps { begin(wanted) }
        while steps < wantedSteps { move() }
        let snapshot = scaled(jumps)
        let current = steps == 0 ? snapshot : scaled(zip(jumps, walk).map { $0 + $1 })
        return CalibrationReading(epoch: epoch, steps: steps, snapshot: snapshot, current: current)
    }

    private var figures: Int { 4 * nominal.qubits.count + nominal.pairs.count }

    private mutating func begin(_ wanted: Int) {
        epoch = wanted
        steps = 0
        walk = [Double](repeating: 0, count: figures)
        guard drift.jump > 0 else {
            jumps = walk
            return
        }
        var random = RandomStream(seed: StableHash.combine(seed, UInt64(wanted)))
        jumps = walk.map { _ in drift.jump * random.normal() }
    }

    private mutating func move() {
        steps += 1
        guard drift.spread > 0 else { return }
        let ratio = drift.step.inSeconds / drift.correlation.inSeconds
        let kept = exp(-ratio)
        let fresh = drift.spread * (1 - exp(-2 * ratio)).squareRoot()
        var random = RandomStream(
            seed: StableHash.combine(seed, UInt64(epoch)), stream: UInt64(steps))
        for index in walk.indices { walk[index] = kept * walk[index] + fresh * random.normal() }
    }

    /// The nominal figures times the exponentials, within what a device can have.
    private func scaled(_ logarithms: [Double]) -> CalibrationSnapshot {
        var result = nominal
        for index in result.qubits.indices {
            let factors = (0..<4).map { exp(logarithms[4 * index + $0]) }
            var qubit = nominal.qubits[index]
            qubit.t1Microseconds *= factors[0]
            qubit.t2Microseconds = min(
                qubit.t2Microseconds * factors[1], 2 * qubit.t1Microseconds)
            qubit.gateError = min(qubit.gateError * factors[2], Self.largestGateError)
            qubit.readoutError = min(qubit.readoutError * factors[3], Self.largestReadoutError)
            result.qubits[index] = qubit
        }
        let first = 4 * nominal.qubits.count
        for index in result.pairs.indices {
            result.pairs[index].error = min(
                nominal.pairs[index].error * exp(logarithms[first + index]),
                Self.largestPairError)
        }
        return result
    }

    /// A gate that leaves nothing of its state errs by (d−1)/d; readout that says nothing by ½.
    private static let largestGateError = 0.4
    private static let largestPairError = 0.7
    private static let largestReadoutError = 0.45
}
