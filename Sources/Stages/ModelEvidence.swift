public import Contracts
internal import Determinism
public import Policies
public import Statistics

/// What all instances of the shadow stage together have learnt of one model version.
public struct ModelEvidence: Equatable, Sendable {
    /// How often quantum verdicts flip decisions, and how often rightly.
    public let flips: FlipEvidence
    /// What they add in right decisions.
    public let benefit: BenefitEvidence
    /// For stop-loss: what the labels of all partitions show as they stand.
    public let verdict: EvidenceVerdict

    /// Adds up the messages of a model; nil where there is none.
    ///
    /// Partitions under another margin than the latest message's bring their flips alone: evidence of
    /// different margins is not of one question.
    public init?(of model: String, merging messages: some Sequence<EvidenceMessage>) {
        let own = messages.filter { $0.model == model && $0.flipEvidence != nil }
            .sorted { ($0.at, $0.partition) < ($1.at, $1.partition) }
        guard let last = own.last, var flips = last.flipEvidence else { return nil }
        var benefit = last.benefitEvidence
        for message in own.dropLast() {
            if let others = message.flipEvidence { flips.merge(others) }
            let others = message.benefitEvidence
            if others.margin == benefit.margin { benefit.merge(others) }
        }
        self.flips = flips
        self.benefit = benefit
        verdict = EvidenceVerdict(benefit.verdict(alpha: last.alpha))
    }
}

extension EvidenceVerdict {
    init(_ verdict: BenefitVerdict) {
        switch verdict {
        case .undecided: self = .undecided
        case .better: self = .better
        case .noBetter: self = .noBetter
        case .worse: self = .worse
        }
    }
}

extension EvidenceMessage {
    /// Nil where the bins are another version's.
    var flipEvidence: FlipEvidence? {
        guard weight.count == ScoreBins.count, binWidth == ScoreBins.width else { return nil }
        var evidence = FlipEvidence(
            halfLife: .milliseconds(Int64(halfLifeMilliseconds)), at: at)
        for bin in 0..<ScoreBins.count {
            evidence[bin, .weight] = weight[bin]
            evidence[bin, .squares] = squares[bin]
            evidence[bin, .flips] = flips[bin]
            evidence[bin, .right] = right[bin]
            evidence[bin, .wrong] = wrong[bin]
            evidence[bin, .labelledSquares] = labelledSquares[bin]
        }
        return evidence
    }

    var benefitEvidence: BenefitEvidence {
        var sums = BenefitEvidence.Sums()
        sums.count = labelled
        sums.sum = benefit
        sums.squares = benefitSquares
        sums.variation = benefitVariation
        sums.logBetter = logBetter
        sums.logWorse = logWorse
        sums.logNoBetter = logNoBetter
        return BenefitEvidence(margin: margin, sums: sums)
    }

    mutating func take(_ evidence: FlipEvidence, now: Timestamp) {
        // The message counts whole milliseconds.
        at = Timestamp(milliseconds: now.milliseconds)
        let faded = evidence.faded(to: at)
        halfLifeMilliseconds = Int(evidence.halfLife.microseconds / 1_000)
        binWidth = ScoreBins.width
        weight = faded.values(.weight)
        squares = faded.values(.squares)
        flips = faded.values(.flips)
        right = faded.values(.right)
        wrong = faded.values(.wrong)
        labelledSquares = faded.values(.labelledSquares)
    }

    mutating func take(_ evidence: BenefitEvidence, alpha: Double) {
        margin = evidence.margin
        self.alpha = alpha
        labelled = evidence.sums.count
        benefit = evidence.sums.sum
        benefitSquares = evidence.sums.squares
        benefitVariation = evidence.sums.variation
        logBetter = evidence.sums.logBetter
        logWorse = evidence.sums.logWorse
        logNoBetter = evidence.sums.logNoBetter
        verdict = EvidenceVerdict(evidence.verdict(alpha: alpha))
    }
}
