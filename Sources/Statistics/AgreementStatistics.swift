/// How far two scorers of the same records differ, without labels: one pass, fixed memory.
///
/// Means and variance by Welford's recurrence (Technometrics 4, 1962), merged by Chan, Golub and
/// LeVeque's formula (1979): accurate however small the differences are beside their mean.
public struct AgreementStatistics: Equatable, Sendable {
    /// Score at and above which a record is called positive.
    public let threshold: Double
    public private(set) var count = 0
    /// Records that the quantum score calls positive and the classical one does not.
    public private(set) var flipsToPositive = 0
    /// Records that the quantum score calls negative and the classical one does not.
    public private(set) var flipsToNegative = 0
    /// Mean of quantum − classical, −1…1; 0 without records.
    public private(set) var meanDelta = 0.0
    /// Mean of |quantum − classical|, 0…1; 0 without records.
    public private(set) var meanAbsoluteDelta = 0.0
    /// Largest |quantum − classical| seen.
    public private(set) var maximumAbsoluteDelta = 0.0
    private var squares = 0.0

    /// - Parameter threshold: 0…1.
    public init(threshold: Double = 0.5) {
        self.threshold = threshold
    }

    /// Adds one record's two scores, both finite.
    public mutating func add(classical: Double, quantum: Double) {
        let delta = quantum - classical
        count += 1
        switch (classical >= threshold, quantum >= threshold) {
        case (false, true): flipsToPositive += 1
        case (true, false): flipsToNegative += 1
        default: break
        }
        let before = delta - meanDelta
        meanDelta += before / Double(count)
        squares += before * (delta - meanDelta)
        meanAbsoluteDelta += (abs(delta) - meanAbsoluteDelta) / Double(count)
        maximumAbsoluteDelta = max(maximumAbsoluteDelta, abs(delta))
    }

    /// Adds what another instance with the same threshold saw.
    public mutating func merge(_ other: AgreementStatistics) {
        precondition(threshold == other.threshold, "only equal thresholds merge")
        guard other.count > 0 else { return }
        let (mine, theirs) = (Double(count), Double(other.count))
        let (total, gap) = (mine + theirs, other.meanDelta - meanDelta)
        squares += other.squares + gap * gap * mine * theirs / total
        meanDelta += gap * theirs / total
        meanAbsoluteDelta += (other.meanAbsoluteDelta - meanAbsoluteDelta) * theirs / total
        maximumAbsoluteDelta = max(maximumAbsoluteDelta, other.maximumAbsoluteDelta)
        flipsToPositive += other.flipsToPositive
        flipsToNegative += other.flipsToNegative
        count += other.count
    }

    public var flips: Int { flipsToPositive + flipsToNegative }
    /// Share of records that both scorers call the same; nil without records.
    public var agreementRate: Double? { count == 0 ? nil : 1 - Double(flips) / Double(count) }
    /// Sample variance of quantum − classical (divisor n − 1); nil below two records.
    public var deltaVariance: Double? { count < 2 ? nil : squares / Double(count - 1) }
}
