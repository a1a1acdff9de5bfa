import Contracts
import Determinism
import SimulatedTransport

/// The promises, over what the observer saw; each names what is wrong, and nothing when it holds.
struct ChaosCheckers {
    let configuration: ChaosConfiguration
    let workload: ChaosWorkload
    let tracks: [RecordTrack]
    let published: Int
    /// Times with faults, for who may be late.
    let storms: Storms?

    /// Violations kept of one promise.
    private static let maximum = 20

    private func violations(
        _ check: ChaosCheck, _ body: (Int, RecordTrack) -> String?
    ) -> [Violation] {
        var found: [Violation] = []
        for sequence in 0..<published where found.count < Self.maximum {
            if let text = body(sequence, tracks[sequence]) {
                found.append(Violation(check: check, text: "\(workload.name(sequence)) \(text)"))
            }
        }
        return found
    }

    /// Exactly one score per accepted id, and none for a rejected one.
    func oneScore() -> [Violation] {
        violations(.oneScore) { sequence, track in
            let wanted: UInt8 = workload.isInvalid(sequence) ? 0 : 1
            return track.scores == wanted ? nil : "has \(track.scores) scores, not \(wanted)"
        }
    }

    /// Every id is scored or rejected, and none is both.
    func conservation() -> [Violation] {
        violations(.conservation) { sequence, track in
            if track.scores > 0, track.rejects > 0 { return "is scored and rejected" }
            if track.scores == 0, track.rejects == 0 { return "is lost" }
            let isRejected = track.rejects > 0
            guard isRejected != workload.isInvalid(sequence) else { return nil }
            return isRejected ? "is valid and rejected" : "is invalid and not rejected"
        }
    }

    /// A score is seen by its deadline and the slack; later only within `recovery` of a storm.
    func deadlines() -> [Violation] {
        violations(.deadline) { _, track in
            guard track.scores > 0, track.seenAt > track.deadline + configuration.slack else {
                return nil
            }
            if let storm = storms?.lastStorm(before: track.seenAt),
                track.seenAt <= storm + configuration.recovery
            {
                return nil
            }
            let late = (track.seenAt - track.deadline).inMilliseconds
            return "is seen \(late) ms after its deadline, in calm times"
        }
    }

    /// A record's verdicts stand in order, and of an id's copies the first one counts.
    func order() -> [Violation] {
        violations(.order) { sequence, track in
            if track.quantumOffset >= 0,
                track.classicalOffset < 0 || track.classicalOffset > track.quantumOffset
            {
                return "has its quantum verdict before its classical one"
            }
            guard track.scores > 0,
                let wanted = workload.classicalScore(sequence, isCopy: false),
                track.classicalScore != wanted
            else { return nil }
            return "is scored \(track.classicalScore), not \(wanted): a copy overtook it"
        }
    }

    /// A score that rests on a quantum verdict had it before its deadline and before the decision,
    /// by clocks that differ; a classical one is what the classical scorer said.
    func override() -> [Violation] {
        let skew = configuration.faults.contains(.skew) ? configuration.skew : .zero
        return violations(.override) { _, track in
            guard track.scores > 0 else { return nil }
            guard track.source != .classical else {
                return track.score == track.classicalScore
                    ? nil : "is classical with another score"
            }
            guard let verdict = track.quantumAt else {
                return "is \(track.source.rawValue) without a verdict"
            }
            // A score's times have whole milliseconds.
            let tolerance = skew + .milliseconds(1)
            if verdict > track.deadline + tolerance {
                return "took a verdict that came after its deadline"
            }
            return verdict > track.decidedAt + tolerance ? "took a verdict yet to come" : nil
        }
    }

    /// Each admitted record has one job and its measurement; each job one bill, in the ledger and in
    /// the device's own books.
    func spend(_ ledger: LedgerBook, _ service: ChaosService) -> [Violation] {
        var found = violations(.spend) { _, track in
            if track.jobs > 1 { return "has \(track.jobs) jobs" }
            return track.jobs == 1 && !track.isMeasured ? "has a job and no measurement" : nil
        }
        var paid = 0.0
        for (job, book) in ledger.jobs.sorted(by: { $0.key < $1.key }) {
            let name = String(job, radix: 16)
            let bills = service.billed[StableHash.mix(job)] ?? 0
            paid += book.cost
            let wrong: String? =
                if bills > 1 { "was billed \(bills) times" } else if !book.isReserved {
                    "was never reserved"
                } else if book.settled == 0, book.released == 0 {
                    "is neither settled nor released"
                } else if bills == 1, book.settled == 0 {
                    "was billed and never settled"
                } else if bills == 0, book.settled > 0 {
                    "was settled and never billed"
                } else { nil }
            if let wrong, found.count < Self.maximum {
                found.append(Violation(check: .spend, text: "job \(name) \(wrong)"))
            }
        }
        if abs(paid - service.cost) > 1e-6 * max(1, service.cost) {
            let text = "the ledger says \(paid), the device \(service.cost)"
            found.append(Violation(check: .spend, text: text))
        }
        return found
    }

    /// All bills together are within the budget, to a millionth.
    func budget(_ ledger: LedgerBook) -> [Violation] {
        let paid = ledger.jobs.values.reduce(0) { $0 + $1.cost }
        guard paid > configuration.budget + 1e-6 else { return [] }
        return [Violation(check: .budget, text: "\(paid) of \(configuration.budget) is spent")]
    }

    /// Every quantum verdict is compared.
    func comparison() -> [Violation] {
        violations(.comparison) { _, track in
            track.quantumAt != nil && !track.isCompared ? "is not compared" : nil
        }
    }

    /// The same scores as another run, but for what may differ: times and reasons.
    func isolation(from other: [RecordTrack], _ what: String) -> [Violation] {
        violations(.isolation) { sequence, track in
            track.essence == other[sequence].essence ? nil : "is scored otherwise \(what)"
        }
    }
}
