import Models
import Contracts
import Determinism

/// Works out what happened in a scenario from what the observers of its two runs saw.
struct ScenarioReader {
    private let setting: ScenarioSetting
    private let on: ScenarioRun
    private let off: ScenarioRun
    private let threshold: Double

    init(_ setting: ScenarioSetting, on: ScenarioRun, off: ScenarioRun) {
        self.setting = setting
        self.on = on
        self.off = off
        threshold = setting.model.bundle.thresholds.decisionThreshold
    }

    func outcome() -> ScenarioOutcome {
        let scenario = setting.scenario
        var outcome = ScenarioOutcome(
            name: scenario.name, summary: scenario.summary, seed: setting.seed)
        outcome.records = setting.records
        outcome.virtualTime = on.virtualTime
        outcome.latencyBudget = scenario.latencyBudget
        outcome.commitInterval = ScenarioSetting.commitInterval
        outcome.windows = scenario.windows
        outcome.hash = StableHash.combine(on.observer.hash, off.observer.hash)
        readScores(into: &outcome)
        readLatencies(into: &outcome)
        readSpend(into: &outcome)
        readSlices(into: &outcome)
        outcome.promises = promises(outcome)
        return outcome
    }

    // MARK: Scores

    private func readScores(into outcome: inout ScenarioOutcome) {
        outcome.worstLateness = TimeSpan(microseconds: .min)
        outcome.worstDecision = outcome.worstLateness
        for (sequence, track) in on.observer.tracks.enumerated() {
            outcome.rejected += track.rejects > 0 ? 1 : 0
            guard track.scores > 0 else { continue }
            outcome.scores += 1
            outcome.bySource[track.source, default: 0] += 1
            outcome.byReason[track.reason, default: 0] += 1
            readLateness(track, into: &outcome)
            let label = setting.model.label(sequence)
            outcome.classicalAccuracy.add(
                score: track.classicalScore, threshold: threshold, label: label)
            outcome.servedAccuracy.add(score: track.score, threshold: threshold, label: label)
            guard let quantum = track.quantumScore else { continue }
            outcome.quantumAccuracy.add(score: quantum, threshold: threshold, label: label)
            outcome.classicalBeside.add(
                score: track.classicalScore, threshold: threshold, label: label)
            on.observer.count(
                quantumRight: (quantum >= threshold) == (label == 1), receivedAt: track.receivedAt)
        }
    }

    private func readLateness(_ track: ScenarioTrack, into outcome: inout ScenarioOutcome) {
        let lateness = track.seenAt - track.deadline
        outcome.worstLateness = max(outcome.worstLateness, lateness)
        outcome.worstDecision = max(outcome.worstDecision, track.decidedAt - track.deadline)
        guard lateness > ScenarioSetting.commitInterval else { return }
        outcome.late += 1
        let last = lastDisturbance(by: track.seenAt)
        if let last, track.seenAt <= last + ScenarioRun.recovery { outcome.excused += 1 }
    }

    private func lastDisturbance(by instant: Timestamp) -> Timestamp? {
        var (low, high) = (0, on.disturbances.count)
        while low < high {
            let middle = (low + high) / 2
            if on.disturbances[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? on.disturbances[low - 1] : nil
    }

    private func readLatencies(into outcome: inout ScenarioOutcome) {
        var (answered, waited, quantum): ([Int64], [Int64], [Int64]) = ([], [], [])
        for track in on.observer.tracks where track.scores > 0 {
            let latency = (track.seenAt - track.receivedAt).microseconds
            if track.source != .classical {
                quantum.append(latency)
            } else if track.isAdmitted {
                waited.append(latency)
            } else {
                answered.append(latency)
            }
        }
        outcome.classicalOn = LatencySummary(answered)
        outcome.waitedInVain = LatencySummary(waited)
        outcome.quantumLatency = LatencySummary(quantum)
        outcome.classicalOff = LatencySummary(
            off.observer.tracks.filter { $0.scores > 0 }
                .map { ($0.seenAt - $0.receivedAt).microseconds })
    }

    // MARK: Money and time

    private func readSpend(into outcome: inout ScenarioOutcome) {
        var micros: Int64 = 0
        for (job, book) in on.observer.ledger.jobs {
            outcome.jobs += 1
            outcome.releasedJobs += book.released > 0 && book.settled == 0 ? 1 : 0
            outcome.billedTwice += on.service.billed[StableHash.mix(job)] ?? 0 > 1 ? 1 : 0
            // Whole millionths: the order of a dictionary must not show in a sum.
            micros += Int64((book.cost * 1e6).rounded())
        }
        outcome.spent = Double(micros) / 1e6
        outcome.billed = on.service.cost
        outcome.cap = setting.budget?.money
        outcome.deviceFailures = on.service.failures
    }

    private func readSlices(into outcome: inout ScenarioOutcome) {
        outcome.slice = on.observer.slice
        outcome.slices = on.observer.slices
        var spent = 0.0
        for index in outcome.slices.indices {
            spent += outcome.slices[index].spent
            outcome.slices[index].spent = spent
            for reason in ReasonCode.allCases {
                let count = outcome.slices[index].decisions[reason.ordinal]
                if count > 0 { outcome.decisions[reason, default: 0] += count }
            }
        }
    }

    // MARK: Promises

    private func promises(_ outcome: ScenarioOutcome) -> [ScenarioPromise] {
        [
            deadlines(outcome), speed(outcome), oneScore(outcome), spend(outcome),
            struck(outcome), rest(outcome),
        ]
    }

    private func deadlines(_ outcome: ScenarioOutcome) -> ScenarioPromise {
        let apart = outcome.excused > 0 ? ", apart from \(outcome.excused) after a disturbance" : ""
        return ScenarioPromise(
            name: "at most 0.1 % of the scores later than deadline + commit interval",
            found: "\(outcome.late - outcome.excused) of \(outcome.scores)\(apart)",
            held: outcome.scores > 0 && outcome.lateShare <= ScenarioSuite.lateShare)
    }

    private func speed(_ outcome: ScenarioOutcome) -> ScenarioPromise {
        let (on, off) = (outcome.classicalOn, outcome.classicalOff)
        return ScenarioPromise(
            name: "classical answers at most twice as slow at p99 as with the quantum path off",
            found: "\(on.p99.inMilliseconds) ms, off \(off.p99.inMilliseconds) ms",
            held: on.count > 0 && off.count > 0
                && on.p99.inSeconds <= ScenarioSuite.slowdown * off.p99.inSeconds)
    }

    private func oneScore(_ outcome: ScenarioOutcome) -> ScenarioPromise {
        var (missing, doubled, both) = (0, 0, 0)
        for track in on.observer.tracks {
            missing += track.scores == 0 && track.rejects == 0 ? 1 : 0
            doubled += track.scores > 1 ? 1 : 0
            both += track.scores > 0 && track.rejects > 0 ? 1 : 0
        }
        let found =
            missing + doubled + both == 0
            ? "\(outcome.scores) scored, \(outcome.rejected) rejected"
            : "\(missing) lost, \(doubled) doubled, \(both) scored and rejected"
        return ScenarioPromise(
            name: "each record has one score, or is on rejects", found: found,
            held: missing + doubled + both == 0)
    }

    private func spend(_ outcome: ScenarioOutcome) -> ScenarioPromise {
        let agrees = abs(outcome.spent - outcome.billed) < 5e-7 * Double(max(1, outcome.jobs))
        let isWithin = outcome.cap.map { outcome.spent <= $0 } ?? true
        let name = outcome.cap == nil ? "" : ", within the budget"
        return ScenarioPromise(
            name: "the ledger says what the device billed, no job twice\(name)",
            found: agrees
                ? "\(outcome.jobs) jobs, \(outcome.billedTwice) billed twice"
                : "the ledger says \(outcome.spent), the device \(outcome.billed)",
            held: agrees && isWithin && outcome.billedTwice == 0)
    }

    /// A scenario in which nothing went wrong shows nothing.
    private func struck(_ outcome: ScenarioOutcome) -> ScenarioPromise {
        func refused(_ reasons: ReasonCode...) -> Int {
            reasons.reduce(0) { $0 + (outcome.decisions[$1] ?? 0) }
        }
        let (count, what): (Int, String) =
            switch outcome.name {
            case .queueStorm: (refused(.queueTooLong), "records refused for the queue")
            case .outage: (refused(.backendFailed), "records refused for the outage")
            case .throttling: (outcome.deviceFailures, "submissions refused")
            case .calibrationDrift: (outcome.quantumAccuracy.count, "scores under drift")
            case .budgetExhausted:
                (refused(.budgetExhausted, .rateLimited), "records refused for the budget")
            case .poison: (min(outcome.rejected, on.strikes), "kills, and records rejected")
            case .brokerFlap, .rebalanceStorm: (on.strikes, "strikes")
            }
        return ScenarioPromise(
            name: "what was to go wrong went wrong", found: "\(count) \(what)", held: count > 0)
    }

    private func rest(_ outcome: ScenarioOutcome) -> ScenarioPromise {
        let unread = on.observer.unreadable + off.observer.unreadable
        let trouble = (on.isAtRest ? [] : on.unrest) + (off.isAtRest ? [] : off.unrest)
        return ScenarioPromise(
            name: "the pipeline comes to rest, and every message can be read",
            found: trouble.first ?? "\(unread) messages unread",
            held: trouble.isEmpty && unread == 0)
    }
}
