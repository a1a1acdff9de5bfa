public import Contracts
internal import Determinism

/// What decided records would have come to under another policy.
public struct ReplayReport: Equatable, Sendable {
    /// Decisions of one policy over all records.
    public struct Side: Equatable, Sendable {
        public var admitted = 0
        /// Expected prices of the admitted, as far as they are recorded.
        public var spend = 0.0
        public var reasons: [ReasonCode: Int] = [:]
        /// Predicted waits of the admitted, sorted once the report is made, in milliseconds.
        var waits: [Double] = []

        /// The predicted wait that a share of the admitted did not exceed; nil without any.
        ///
        /// - Parameter share: 0…1; the nearest-rank quantile.
        public func wait(quantile share: Double) -> Double? {
            guard !waits.isEmpty else { return nil }
            let rank = Int((share * Double(waits.count)).rounded(.up))
            return waits[min(max(rank, 1), waits.count) - 1]
        }

        mutating func add(_ reason: ReasonCode, wait: Double, price: Double?) {
            reasons[reason, default: 0] += 1
            guard reason == .accepted else { return }
            admitted += 1
            spend += price ?? 0
            waits.append(wait)
        }
    }

    /// What became of one reason: so many records went from it to another.
    public struct Move: Equatable, Sendable {
        public let from: ReasonCode
        public let to: ReasonCode
        public let count: Int
    }

    /// Flips: quantum verdicts that change the decision.
    public struct Flips: Equatable, Sendable {
        /// Among the recorded admissions with a verdict; and these.
        public var recorded = 0
        public var outcomes = 0
        /// Expected under the new policy: the recorded ones, weighted by the ratio of the two
        /// policies' propensities (Horvitz and Thompson, JASA 1952), and its standard error.
        public var expected = 0.0
        public var standardError = 0.0
        /// Admissions expected under the new policy; and those of records that the recorded policy
        /// never admits: of them nothing is known.
        public var admissions = 0.0
        public var unknownAdmissions = 0.0

        public var unknownShare: Double {
            admissions > 0 ? unknownAdmissions / admissions : 0
        }
    }

    public private(set) var decisions = 0
    public private(set) var unpriced = 0
    /// As recorded; decided again under the old policy; and under the new one.
    public private(set) var recorded = Side()
    public private(set) var old = Side()
    public private(set) var new = Side()
    /// Records that the replay of the old policy decides as recorded, the reason included; and those
    /// that it admits or refuses as recorded.
    public private(set) var reproduced = 0
    public private(set) var reproducedAdmissions = 0
    /// Records that the old policy decided, by its hash; others were decided by another one.
    public private(set) var decidedByOld = 0
    public private(set) var flips = Flips()
    /// Measured waits of the recorded admissions, sorted, in milliseconds.
    private var measured: [Double] = []
    private var matrix: [ReasonCode: [ReasonCode: Int]] = [:]

    /// - Parameters:
    ///   - records: in any order.
    ///   - oldPolicy: the one that decided, for the replay's calibration.
    ///   - mode: the new policy's, for all records; nil for each record's own.
    public init(
        _ records: [RecordedDecision], old oldPolicy: AdmissionPolicy,
        new newPolicy: AdmissionPolicy, mode: Mode? = nil
    ) {
        var oldReplay = AdmissionReplay(oldPolicy)
        var newReplay = AdmissionReplay(newPolicy, mode: mode)
        let hashes = Self.fingerprints(oldPolicy)
        for record in records.sorted() {
            let before = oldReplay.decide(record)
            let after = newReplay.decide(record)
            if let policy = record.policy, hashes.contains(policy) { decidedByOld += 1 }
            add(record, before, after)
        }
        flips.standardError = flips.standardError.squareRoot()
        recorded.waits.sort()
        old.waits.sort()
        new.waits.sort()
        measured.sort()
    }

    /// A policy's hash in each mode: operators change the mode of a running one.
    private static func fingerprints(_ policy: AdmissionPolicy) -> Set<UInt64> {
        Set(
            Mode.allCases.map { mode in
                var variant = policy
                variant.mode = mode
                return PolicyFingerprint.of(variant)
            })
    }

    private mutating func add(
        _ record: RecordedDecision, _ before: AdmissionDecision, _ after: AdmissionDecision
    ) {
        decisions += 1
        if record.price == nil { unpriced += 1 }
        recorded.add(
            record.reason, wait: record.predictedWait.inMilliseconds, price: record.price)
        old.add(
            before.reason, wait: before.inputs.predictedWait.inMilliseconds, price: record.price)
        new.add(
            after.reason, wait: after.inputs.predictedWait.inMilliseconds, price: record.price)
        if before.reason == record.reason { reproduced += 1 }
        if before.admitted == record.admitted { reproducedAdmissions += 1 }
        if let wait = record.measuredWait { measured.append(wait.inMilliseconds) }
        matrix[before.reason, default: [:]][after.reason, default: 0] += 1
        weigh(record, newPropensity: after.propensity)
    }

    /// Variance: of the estimate under independent admission, Σ (1 − π)·(y·π′/π)² over the admitted
    /// (Horvitz and Thompson, with joint propensities the products).
    private mutating func weigh(_ record: RecordedDecision, newPropensity: Double) {
        flips.admissions += newPropensity
        guard record.propensity > 0 else {
            flips.unknownAdmissions += newPropensity
            return
        }
        guard record.admitted, let flipped = record.flipped else { return }
        flips.outcomes += 1
        guard flipped else { return }
        flips.recorded += 1
        let weight = newPropensity / record.propensity
        flips.expected += weight
        flips.standardError += (1 - record.propensity) * weight * weight
    }

    // MARK: What it says

    public func share(_ count: Int) -> Double {
        decisions > 0 ? Double(count) / Double(decisions) : 0
    }

    /// The wait that a share of the recorded admissions did not exceed.
    public func measuredWait(quantile share: Double) -> Double? {
        Side(waits: measured).wait(quantile: share)
    }

    /// Records by reason under the old policy and the new one, replayed both; the largest first.
    public var moves: [Move] {
        matrix.flatMap { from, targets in
            targets.map { Move(from: from, to: $0.key, count: $0.value) }
        }
        .sorted {
            ($1.count, $0.from.ordinal, $0.to.ordinal) < ($0.count, $1.from.ordinal, $1.to.ordinal)
        }
    }
}

extension ReplayReport.Side {
    init(waits: [Double]) { self.waits = waits }
}
