import Determinism
import Policies

/// Who gets the calls that a day's budget pays for.
enum WorthPolicy: String, CaseIterable, Encodable {
    /// The first records of the day.
    case firstCome
    /// A lot among the day's records.
    case random
    /// Records by what a call on them is expected to be worth; what is left of the budget at the end
    /// of the day goes to whoever is left, so that all policies spend the same.
    case expectedValue
    /// The same, but no call that is not worth its price.
    case onlyIfWorth
}

/// What a policy's calls came to.
struct WorthOutcome: Encodable {
    var calls = 0.0
    /// Wrong classical decisions that a call put right, and right ones that it put wrong.
    var corrected = 0.0
    var spoiled = 0.0

    var net: Double { corrected - spoiled }

    mutating func add(_ record: WorthRecord) {
        calls += 1
        guard record.isFlip else { return }
        if record.isRight { corrected += 1 } else { spoiled += 1 }
    }

    mutating func add(_ other: WorthOutcome, weight: Double) {
        calls += other.calls * weight
        corrected += other.corrected * weight
        spoiled += other.spoiled * weight
    }
}

/// One stream of records under each policy in turn, in virtual time: a record a minute, labels the
/// day after.
///
/// The first part of the stream is what shadow mode has compared before: all of it, for everybody.
/// Then come days with a budget each. A policy learns only from the calls that it makes itself.
struct WorthContest {
    /// In the order of arrival.
    let records: [WorthRecord]
    let settings: WorthSettings
    let price: Double
    let value: Double
    /// Calls that the budget pays for, as a share of the records.
    let share: Double
    /// Of the random policy's and of exploration's lots.
    let seed: UInt64

    private static let historyShare = 0.4
    private static let days = 4
    private static let start = Timestamp(milliseconds: 1_764_547_200_000)

    /// Records that stand for the past.
    private var historyCount: Int { Int(Double(records.count) * Self.historyShare) }

    func run(_ policy: WorthPolicy) throws -> WorthOutcome {
        var outcome = WorthOutcome()
        var evidence = FlipEvidence(at: Self.start)
        for index in 0..<historyCount { learn(index, propensity: 1, &evidence) }
        let length = (records.count - historyCount + Self.days - 1) / Self.days
        var random = RandomStream(seed: seed)
        for first in stride(from: historyCount, to: records.count, by: length) {
            let day = first..<min(first + length, records.count)
            let budget = Int((Double(day.count) * share).rounded())
            let chosen: [(index: Int, propensity: Double)]
            switch policy {
            case .firstCome: chosen = day.prefix(budget).map { ($0, 1) }
            case .random:
                chosen = day.shuffled(using: &random).prefix(budget).map { ($0, share) }
            case .expectedValue, .onlyIfWorth:
                chosen = try weigh(
                    day, budget, evidence, spendsAll: policy == .expectedValue, &random)
            }
            for (index, _) in chosen { outcome.add(records[index]) }
            for (index, propensity) in chosen { learn(index, propensity: propensity, &evidence) }
        }
        return outcome
    }

    /// One day by expected value, record by record as they come.
    private func weigh(
        _ day: Range<Int>, _ budget: Int, _ evidence: FlipEvidence, spendsAll: Bool,
        _ random: inout RandomStream
    ) throws -> [(index: Int, propensity: Double)] {
        let worth = try Worth(settings, evidence: evidence)
        let lambda = shadowPrice(worth, before: day.lowerBound)
        var chosen: [(index: Int, propensity: Double)] = []
        for index in day where chosen.count < budget {
            if spendsAll, budget - chosen.count >= day.upperBound - index {
                chosen.append((index, 1))
                continue
            }
            switch worth.verdict(
                classicalScore: records[index].classicalScore, threshold: records[index].threshold,
                value: value, price: price, lambda: lambda, draw: random.uniform())
            {
            case .goOn: chosen.append((index, 1))
            case .lot(let propensity, _): chosen.append((index, propensity))
            case .refuse: break
            }
        }
        return chosen
    }

    /// The λ at which as large a share of the records before the day would have gone on as the budget
    /// pays for; only classical scores are looked at.
    private func shadowPrice(_ worth: Worth, before first: Int) -> Double {
        let values = records[..<first].map {
            worth.assess(
                classicalScore: $0.classicalScore, threshold: $0.threshold, value: value,
                price: 0
            ).expectedValue
        }.sorted(by: >)
        let last = values[min(Int(Double(values.count) * share), values.count - 1)]
        return max(0, last / price - 1)
    }

    private func learn(_ index: Int, propensity: Double, _ evidence: inout FlipEvidence) {
        let record = records[index]
        let bin = ScoreBins.bin(of: record.classicalScore, threshold: record.threshold)
        let now = Self.start + .seconds(60 * index)
        let weight = evidence.add(
            bin: bin, flip: record.isFlip, propensity: propensity, now: now)
        guard record.isFlip else { return }
        evidence.addLabel(bin: bin, right: record.isRight, weight: weight, now: now)
    }
}
