import Glibc

/// A confidence sequence for the mean of values in [0, 1]: Waudby-Smith and Ramdas (2024), theorem
/// 2, the predictable plug-in empirical-Bernstein sequence PrPl-EB with c = 1/2, intersected over
/// time.
struct EmpiricalBernsteinSequence: Equatable, Sendable {
    private let logTwoOverAlpha: Double
    private var count = 0
    private var sum = 0.0
    private var mean = 0.5
    private var squares = 0.25
    private var weights = 0.0
    private var weightedSum = 0.0
    private var penalty = 0.0
    private(set) var lower = 0.0
    private(set) var upper = 1.0

    init(alpha: Double) { logTwoOverAlpha = log(2 / alpha) }

    /// - Parameter value: 0…1.
    mutating func add(_ value: Double) {
        let time = Double(count + 1)
        let variance = squares / time
        let ideal = (2 * logTwoOverAlpha / (variance * time * log1p(time))).squareRoot()
        let weight = min(ideal, 0.5)
        let surprise = value - mean
        penalty += surprise * surprise * (-log1p(-weight) - weight)
        weights += weight
        weightedSum += weight * value
        count += 1
        sum += value
        mean = (0.5 + sum) / Double(count + 1)
        squares += (value - mean) * (value - mean)
        narrow()
    }

    /// v = 4(x − μ̂)² and ψ = (−log(1 − λ) − λ)/4: the fours cancel in `penalty`.
    private mutating func narrow() {
        let centre = weightedSum / weights
        let radius = (logTwoOverAlpha + penalty) / weights
        let (low, high) = (max(lower, centre - radius), min(upper, centre + radius))
        // Disjoint bounds mean that the sequence has failed (probability α) or the mean moved: keep
        // the last ones, so that the interval is never empty.
        if low <= high { (lower, upper) = (low, high) }
    }
}
