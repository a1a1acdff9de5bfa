import Glibc

/// What the data say so far about two scorers.
public enum PairedVerdict: String, CaseIterable, Sendable {
    /// No difference shown yet; absence of evidence, not evidence of absence.
    case noDifferenceYet
    /// The quantum scorer's mean loss is lower.
    case quantumBetter
    /// The classical scorer's mean loss is lower.
    case classicalBetter
}

/// Is the quantum scorer's mean loss lower than the classical one's? An anytime-valid test: it may
/// be looked at after every record and stopped at will, and still errs with probability at most
/// `alpha`.
///
/// Fed with differences d = quantum loss − classical loss of the same record, in [−1, 1] (Brier or
/// 0/1).
///
/// - **Verdict**: two betting e-processes, one per direction, K = Π(1 ∓ λᵢ dᵢ) with each λᵢ ∈ [0,
///   ½] chosen from the past alone. While the mean difference is not below (above) 0, K is a
///   non-negative supermartingale that starts at 1, so that by Ville's inequality it ever reaches
///   2/α with probability at most α/2; the two together make α. λ is aGRAPA: μ̂ / (σ̂² + μ̂²),
///   clipped.
/// - **Interval**: the predictable plug-in empirical-Bernstein confidence sequence, intersected
///   over time. It covers the mean at all times at once with probability at least 1 − α. It is
///   wider than the e-processes are sharp, so it may still hold 0 when a verdict is given.
///
/// Sources: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting",
/// JRSS-B 86 (2024), theorem 2 and section B.3; Howard, Ramdas, McAuliffe and Sekhon,
/// "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49
/// (2021).
///
/// Assumes that each difference, given those before it, has the same mean (for the test alone: a
/// mean on the null's side). Constant memory; the same differences in the same order give the same
/// result.
public struct PairedSequentialTest: Equatable, Sendable {
    /// Bound on the probability of a wrong verdict, at any time.
    public let alpha: Double
    public private(set) var count = 0
    /// Differences refused because they were outside [−1, 1] or not numbers.
    public private(set) var refused = 0
    /// The verdict of the first crossing: it stands, whatever comes after.
    public private(set) var verdict = PairedVerdict.noDifferenceYet
    /// Records seen when the verdict was reached; nil while there is none.
    public private(set) var decidedAt: Int?

    private var sum = 0.0
    /// Plug-in estimates with one made-up observation of mean 0 and variance 1, as in the paper.
    private var mean = 0.0
    private var squares = 1.0
    private var logWealthQuantum = 0.0
    private var logWealthClassical = 0.0
    private var sequence: EmpiricalBernsteinSequence

    /// - Parameter alpha: between 0 and 1, such as 0.05; other values are brought to 1e-12…0.5.
    public init(alpha: Double = 0.05) {
        self.alpha = alpha.isNaN ? 0.05 : min(max(alpha, 1e-12), 0.5)
        sequence = EmpiricalBernsteinSequence(alpha: self.alpha)
    }

    /// Adds one record's loss difference, quantum − classical.
    public mutating func add(_ difference: Double) {
        guard difference >= -1, difference <= 1 else {
            refused += 1
            return
        }
        bet(difference)
        sequence.add((difference + 1) / 2)
        count += 1
        sum += difference
        mean = sum / Double(count + 1)
        squares += (difference - mean) * (difference - mean)
        decide()
    }

    /// Adds one labelled record by both scores' squared errors (scores 0…1).
    public mutating func addBrier(classical: Double, quantum: Double, label: Bool) {
        add(Loss.brier(score: quantum, label: label) - Loss.brier(score: classical, label: label))
    }

    /// Mean difference so far, below 0 when the quantum scorer does better; nil without records.
    public var meanDifference: Double? { count == 0 ? nil : sum / Double(count) }
    /// The mean difference lies here, at all times at once, with probability at least 1 − α.
    public var interval: ClosedRange<Double> {
        sequence.lower * 2 - 1...sequence.upper * 2 - 1
    }
    /// Evidence against "quantum is no better": a fair bettor's wealth from 1; the inverse bounds a
    /// p-value. May overflow to infinity.
    public var eValueQuantumBetter: Double { exp(logWealthQuantum) }
    /// Evidence against "classical is no better".
    public var eValueClassicalBetter: Double { exp(logWealthClassical) }

    /// Bets on the next difference before it is known: only one side has a stake at a time, since
    /// the stake is proportional to the mean seen so far.
    private mutating func bet(_ difference: Double) {
        let variance = squares / Double(count + 1)
        let stake = abs(mean) / (variance + mean * mean)
        let clipped = min(stake, 0.5)
        if mean < 0 {
            logWealthQuantum += log1p(-clipped * difference)
        } else if mean > 0 {
            logWealthClassical += log1p(clipped * difference)
        }
    }

    private mutating func decide() {
        guard verdict == .noDifferenceYet else { return }
        let bar = log(2 / alpha)
        if logWealthQuantum >= bar {
            verdict = .quantumBetter
        } else if logWealthClassical >= bar {
            verdict = .classicalBetter
        }
        if verdict != .noDifferenceYet { decidedAt = count }
    }
}
