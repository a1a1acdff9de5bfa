public import Contracts

/// Everything that configures what a quantum call is worth. Set the fields, `validate()` once.
public struct WorthSettings: Equatable, Sendable {
    /// What is believed before there is evidence.
    public var prior = FlipPrior()
    /// P(right | flip) is taken at this quantile of what is known of it, above 0, at most 0.5: the
    /// lower, the more labels it takes to spend money.
    public var caution = 0.25
    /// Stands for the value of a record that states none; money, 0 or more.
    public var referenceValue = 1.0
    /// Share of the records not worth a call that go on all the same (ε), 0…1: the only source of
    /// knowledge about them.
    public var explorationFraction = 0.01
    /// Money lost with a late result, beside the gain that it would have brought; 0 or more.
    public var lossIfLate = 0.0

    public init() {}

    /// The plain uncertainty band as a special case: a prior that takes every flip within the band
    /// for certain and right, and no price.
    public static func band(
        _ band: ClosedRange<Double>, explorationFraction: Double
    ) -> WorthSettings {
        var settings = WorthSettings()
        settings.prior = FlipPrior(
            shape: .band(band), trust: .constant(1), trustStrength: .infinity)
        settings.explorationFraction = explorationFraction
        return settings
    }

    /// - Throws: `PolicyError` naming the first field out of range.
    public func validate() throws(PolicyError) {
        try prior.validate()
        try PolicyError.require(
            caution > 0 && caution <= 0.5, "caution", caution, "above 0, at most 0.5")
        try PolicyError.require(
            referenceValue >= 0 && referenceValue.isFinite, "referenceValue", referenceValue,
            "0 or more")
        try PolicyError.require(
            (0...1).contains(explorationFraction), "explorationFraction", explorationFraction,
            "0…1")
        try PolicyError.require(
            lossIfLate >= 0 && lossIfLate.isFinite, "lossIfLate", lossIfLate, "0 or more")
    }
}

/// What is to be decided about one record's call.
public enum WorthVerdict: Equatable, Sendable {
    /// Worth more than it costs, by so much money.
    case goOn(expectedValue: Double)
    /// Not worth it, but drawn with this probability, so that statistics stay unbiased.
    case lot(propensity: Double, expectedValue: Double)
    /// Not worth it and not drawn; it would have been drawn with this probability.
    ///
    /// The reason is `certain` where the score alone says so, `lowValue` where a record of
    /// `referenceValue` would have been worth the call.
    case refuse(ReasonCode, propensity: Double, expectedValue: Double)
}

/// The numbers behind a verdict, for the decision's record.
public struct WorthAssessment: Equatable, Sendable {
    /// P(the quantum verdict flips the decision).
    public let flipProbability: Double
    /// Expected right flips less wrong ones of one call, cautiously; −1…1.
    public let gain: Double
    /// Money; above 0 for a call that is worth it.
    public let expectedValue: Double
}

/// What a quantum call on a record is worth before it is made: the value of information (Howard,
/// "Information value theory", IEEE Transactions on Systems Science and Cybernetics 2, 1966).
///
/// The decision without the call is the classical one. The call changes it with probability F, and
/// a change is right with probability R: then the record's value V is saved, else it is lost. A
/// result that comes too late (probability L) changes nothing and is paid for. So
///
///     expected value = V · F · (2R − 1) · (1 − L)  −  price · (1 + λ)  −  L · lossIfLate
///
/// with λ ≥ 0 the shadow price of a scarce budget, in money per money spent. Information is never
/// worth less than nothing to one who may ignore it; a pipeline that serves the quantum verdict
/// does not ignore it, hence 2R − 1, which may be negative. R is a lower quantile of its posterior:
/// before labels the sceptical prior has R ≤ ½, and only the random share ε goes on.
///
/// With a `FlipPrior` of shape `normal(s)` that takes flips for right and with no evidence, a call
/// is worth it within s · Φ⁻¹(1 − price · (1 + λ)/V) log-odds of the threshold: an uncertainty band.
/// `WorthSettings.band` gives any band at all.
///
/// A value; deciding allocates nothing and takes some 80 ns.
public struct Worth: Equatable, Sendable {
    public let settings: WorthSettings
    public private(set) var history: FlipHistory

    /// - Throws: `PolicyError` naming the first setting out of range.
    public init(
        _ settings: WorthSettings = WorthSettings(), evidence: FlipEvidence? = nil
    ) throws(PolicyError) {
        try settings.validate()
        self.settings = settings
        history = FlipHistory(
            prior: settings.prior, evidence: evidence, caution: settings.caution)
    }

    /// Takes new evidence in place of the old; for when the control plane has some, not per record.
    public mutating func adopt(_ evidence: FlipEvidence?) {
        history = FlipHistory(
            prior: settings.prior, evidence: evidence, caution: settings.caution)
    }

    /// - Parameters:
    ///   - classicalScore: 0…1.
    ///   - threshold: from which a score decides 1; strictly between 0 and 1.
    ///   - value: money at stake in the decision; nil for `referenceValue`.
    ///   - price: of the call, money, 0 or more.
    ///   - lambda: the budget's shadow price, 0 or more.
    ///   - lateness: the probability that the result misses the deadline, 0…1; 0 where nobody
    ///     waits for it.
    public func assess(
        classicalScore: Double, threshold: Double, value: Double?, price: Double,
        lambda: Double = 0, lateness: Double = 0
    ) -> WorthAssessment {
        let gain = history.gain(classicalScore: classicalScore, threshold: threshold)
        return WorthAssessment(
            flipProbability: history.flipProbability(
                classicalScore: classicalScore, threshold: threshold),
            gain: gain,
            expectedValue: expectedValue(
                gain, value ?? settings.referenceValue, price, lambda, lateness))
    }

    /// Whether to go on with one record: `assess`, and the lot for those not worth it.
    ///
    /// - Parameter draw: uniform in [0, 1), from the record's id alone.
    public func verdict(
        classicalScore: Double, threshold: Double, value: Double?, price: Double,
        lambda: Double = 0, lateness: Double = 0, draw: Double
    ) -> WorthVerdict {
        let gain = history.gain(classicalScore: classicalScore, threshold: threshold)
        let worth = expectedValue(
            gain, value ?? settings.referenceValue, price, lambda, lateness)
        if worth > 0 { return .goOn(expectedValue: worth) }
        let share = settings.explorationFraction
        if draw < share { return .lot(propensity: share, expectedValue: worth) }
        let usual = expectedValue(gain, settings.referenceValue, price, lambda, lateness)
        return .refuse(
            usual > 0 ? .lowValue : .certain, propensity: share, expectedValue: worth)
    }

    @inline(__always)
    private func expectedValue(
        _ gain: Double, _ value: Double, _ price: Double, _ lambda: Double, _ lateness: Double
    ) -> Double {
        value * gain * (1 - lateness) - price * (1 + lambda) - lateness * settings.lossIfLate
    }
}

extension WorthVerdict {
    /// With which probability the record goes on, over the lot alone.
    public var propensity: Double {
        switch self {
        case .goOn: 1
        case .lot(let propensity, _), .refuse(_, let propensity, _): propensity
        }
    }

    public var expectedValue: Double {
        switch self {
        case .goOn(let value), .lot(_, let value), .refuse(_, _, let value): value
        }
    }
}
