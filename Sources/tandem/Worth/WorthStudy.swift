import Determinism
import Models
import Policies

/// The policies beside each other at equal spend, over several seeds.
struct WorthStudy {
    struct Row: Encodable {
        let scorer: WorthScorer
        let seed: UInt64
        let policy: WorthPolicy
        let calls: Double
        let spend: Double
        let corrected: Double
        let spoiled: Double
        let net: Double
    }

    /// What a scorer's records have in them, whoever gets the calls.
    struct Ground: Encodable {
        let scorer: WorthScorer
        let seed: UInt64
        let records: Int
        let classicalAccuracy: Double
        let rightFlips: Int
        let wrongFlips: Int
    }

    let table: CSVTable
    let seeds: [UInt64]
    let scorers: [WorthScorer]
    let settings: WorthSettings
    let price: Double
    let value: Double
    let share: Double
    /// Orders of arrival over which each seed's figures are averaged.
    let orders: Int
    var folds = 4

    private(set) var rows: [Row] = []
    private(set) var grounds: [Ground] = []

    init(
        table: CSVTable, seeds: [UInt64], scorers: [WorthScorer] = WorthScorer.allCases,
        settings: WorthSettings, price: Double, value: Double, share: Double, orders: Int
    ) {
        self.table = table
        self.seeds = seeds
        self.scorers = scorers
        self.settings = settings
        self.price = price
        self.value = value
        self.share = share
        self.orders = orders
    }

    mutating func run(_ note: (String) -> Void = { _ in }) throws {
        for scorer in scorers {
            for seed in seeds {
                note("\(scorer.rawValue) classical scorer, seed \(seed)")
                let records = try WorthScoring(
                    table: table, scorer: scorer, seed: seed, folds: folds
                ).records()
                grounds.append(Self.ground(records, scorer, seed))
                for policy in WorthPolicy.allCases {
                    rows.append(try row(records, policy, scorer, seed))
                }
            }
        }
    }

    private func row(
        _ records: [WorthRecord], _ policy: WorthPolicy, _ scorer: WorthScorer, _ seed: UInt64
    ) throws -> Row {
        var mean = WorthOutcome()
        for order in 0..<orders {
            var random = RandomStream(seed: seed, stream: UInt64(order) + 100)
            let contest = WorthContest(
                records: records.shuffled(using: &random), settings: settings, price: price,
                value: value, share: share, seed: StableHash.combine(seed, UInt64(order)))
            mean.add(try contest.run(policy), weight: 1 / Double(orders))
        }
        return Row(
            scorer: scorer, seed: seed, policy: policy, calls: mean.calls,
            spend: mean.calls * price, corrected: mean.corrected, spoiled: mean.spoiled,
            net: mean.net)
    }

    private static func ground(
        _ records: [WorthRecord], _ scorer: WorthScorer, _ seed: UInt64
    ) -> Ground {
        let right = records.count { ($0.classicalScore >= $0.threshold) == $0.label }
        return Ground(
            scorer: scorer, seed: seed, records: records.count,
            classicalAccuracy: Double(right) / Double(records.count),
            rightFlips: records.count { $0.isFlip && $0.isRight },
            wrongFlips: records.count { $0.isFlip && !$0.isRight })
    }

    /// Mean and sample standard deviation over the seeds; 0 spread for one seed.
    func summary(
        _ scorer: WorthScorer, _ policy: WorthPolicy, _ figure: (Row) -> Double
    ) -> (mean: Double, spread: Double) {
        let values = rows.filter { $0.scorer == scorer && $0.policy == policy }.map(figure)
        guard !values.isEmpty else { return (0, 0) }
        let mean = values.reduce(0, +) / Double(values.count)
        guard values.count > 1 else { return (mean, 0) }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / Double(values.count - 1)).squareRoot())
    }
}
