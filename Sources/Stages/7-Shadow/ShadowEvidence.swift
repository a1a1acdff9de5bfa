internal import Contracts
public import Determinism
internal import Models
public import Policies
internal import Statistics

/// How the shadow stage learns from pairs and labels.
public struct EvidenceSettings: Equatable, Sendable {
    /// Between two messages of a partition on `evidence`.
    public var interval: TimeSpan = .seconds(5 as Int64)
    /// After so long a pair counts half.
    public var halfLife: TimeSpan = .seconds(7 * 86_400 as Int64)
    /// Right decisions that a call must add to be worth going on: price over value, as a rule.
    public var margin = 0.005
    /// Bound on the probability of ever giving a wrong verdict.
    public var alpha = 0.05
    /// Pairs kept until their label comes.
    public var maximumUnlabelled = 200_000

    public init() {}

    /// - Throws: `PolicyError` naming the first setting out of range.
    public func validate() throws(PolicyError) {
        func require(
            _ holds: Bool, _ setting: String, _ value: String, _ allowed: String
        ) throws(PolicyError) {
            if !holds { throw PolicyError(setting: setting, value: value, allowed: allowed) }
        }
        try require(
            interval >= .milliseconds(1), "evidenceInterval", "\(interval.inSeconds) s",
            "0.001 s or more")
        try require(
            halfLife >= .seconds(1 as Int64) && halfLife <= .seconds(36_500 * 86_400 as Int64),
            "evidenceHalfLife", "\(halfLife.inSeconds) s", "1 s to 100 years")
        try require(margin >= 1e-6 && margin <= 0.5, "margin", "\(margin)", "0.000001…0.5")
        try require(alpha >= 1e-12 && alpha <= 0.5, "alpha", "\(alpha)", "1e-12…0.5")
        try require(
            maximumUnlabelled >= 1, "maximumUnlabelled", "\(maximumUnlabelled)", "1 or more")
    }
}

/// What the shadow stage has learnt, by partition of `verdicts`, and what it tells admission.
///
/// A partition's sums go on from its last message on `evidence`, whoever wrote it: its owner changes
/// and processes end. What was learnt after that message is lost with its owner, at most an interval's
/// worth, or counted again where its pairs are read again. Pairs that wait for a label are not kept
/// beyond the process.
struct ShadowEvidence {
    private struct Entry {
        var flips: FlipEvidence
        var benefit: BenefitEvidence
        var hasNews = false
    }

    private let settings: EvidenceSettings
    private var entries: [Int32: Entry] = [:]
    private var unlabelled: UnlabelledPairs
    private var model: ActiveModel?
    private var writtenAt: Timestamp?
    private var hasNews = false
    private var message = EvidenceMessage()

    init(_ settings: EvidenceSettings) {
        self.settings = settings
        unlabelled = UnlabelledPairs(capacity: settings.maximumUnlabelled)
    }

    /// When `write` has something to say.
    var nextDue: Timestamp? {
        guard hasNews, let writtenAt else { return nil }
        return writtenAt + settings.interval
    }

    /// Another version's pairs are none of the former's.
    mutating func follow(_ current: ActiveModel?) {
        guard current !== model else { return }
        if let current, let model, current.identity.slice.equals(model.identity.slice) {
            self.model = current
            return
        }
        model = current
        entries.removeAll()
        unlabelled = UnlabelledPairs(capacity: settings.maximumUnlabelled)
        hasNews = false
    }

    /// Whether a pair is of the version that is learnt of.
    func concerns(_ identity: OwnedBytes) -> Bool {
        model?.identity.slice.equals(identity.slice) ?? false
    }

    /// Counts a pair, and its label if it is here; else keeps it until the label comes.
    mutating func add(
        _ key: RecordKey, _ scores: (classical: Double, live: Double), threshold: Double,
        propensity: Double, label: Int?, partition: Int32, _ context: StageContext
    ) {
        let bin = ScoreBins.bin(of: scores.classical, threshold: threshold)
        var pair = UnlabelledPair(
            bin: bin, classicalDecision: scores.classical >= threshold,
            liveDecision: scores.live >= threshold, weight: 1, partition: partition)
        let flip = pair.classicalDecision != pair.liveDecision
        change(partition, context) { entry in
            pair.weight = entry.flips.add(
                bin: bin, flip: flip, propensity: propensity, now: context.now)
        }
        if let label {
            count(pair, label == 1, context)
        } else {
            unlabelled.insert(pair, for: key, now: context.now)
        }
    }

    /// Takes the label of a pair that waits for it.
    ///
    /// - Returns: false when none does.
    mutating func add(label: Int, of key: RecordKey, _ context: StageContext) -> Bool {
        guard let pair = unlabelled.remove(key) else { return false }
        count(pair, label == 1, context)
        return true
    }

    private mutating func count(_ pair: UnlabelledPair, _ label: Bool, _ context: StageContext) {
        change(pair.partition, context) { entry in
            entry.benefit.add(pair.benefit(label: label))
            guard pair.classicalDecision != pair.liveDecision else { return }
            entry.flips.addLabel(
                bin: pair.bin, right: pair.liveDecision == label, weight: pair.weight,
                now: context.now)
        }
    }

    private mutating func change(
        _ partition: Int32, _ context: StageContext, _ body: (inout Entry) -> Void
    ) {
        var entry = entries.removeValue(forKey: partition) ?? restored(partition, context)
        body(&entry)
        entry.hasNews = true
        entries[partition] = entry
        hasNews = true
        if writtenAt == nil { writtenAt = context.now }
    }

    private func restored(_ partition: Int32, _ context: StageContext) -> Entry {
        let last = context.control.evidence(partition: partition)
        if let last, let flips = last.flipEvidence, last.model == model?.identity.slice.string {
            var own = FlipEvidence(halfLife: settings.halfLife, at: flips.reference)
            own.merge(flips)
            // Bets under another margin are on another question; how often flips were right is not.
            let isSame = last.margin == settings.margin
            return Entry(
                flips: own,
                benefit: isSame ? last.benefitEvidence : BenefitEvidence(margin: settings.margin))
        }
        return Entry(
            flips: FlipEvidence(halfLife: settings.halfLife, at: context.now),
            benefit: BenefitEvidence(margin: settings.margin))
    }

    /// Writes what is new of every partition, once an interval.
    mutating func write(_ context: StageContext, into out: inout OutboundBatch) {
        guard let due = nextDue, context.now >= due, let model else { return }
        writtenAt = context.now
        hasNews = false
        message.model = model.identity.slice.string
        for partition in entries.keys.sorted() {
            guard let entry = entries[partition], entry.hasNews else { continue }
            entries[partition]?.hasNews = false
            message.partition = Int(partition)
            message.take(entry.flips, now: context.now)
            message.take(entry.benefit, alpha: settings.alpha)
            let key = OwnedBytes("\(model.bundle.name)/\(partition)")
            withExtendedLifetime(key) { out.emit(to: .evidence, key: key.slice, message) }
        }
    }

    /// The partition is another instance's from now on.
    mutating func forget(_ partition: Int32) {
        entries[partition] = nil
        unlabelled.removeAll(ofPartition: partition)
    }
}
