import Determinism
import Foundation
import Testing

@testable import Policies

@Suite("History of flips")
struct FlipHistoryTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// A world with a known P(flip), off the prior in height and in shape.
    private func truth(_ distance: Double) -> Double {
        0.35 * exp(-distance.magnitude / (distance < 0 ? 1.2 : 0.6))
    }

    /// Pairs drawn where records are: distances normal around −1.
    private func evidence(pairs: Int, run: Int) -> FlipEvidence {
        var random = RandomStream(seed: 2, stream: UInt64(run))
        var evidence = FlipEvidence(at: start)
        for _ in 0..<pairs {
            let distance = -1 + 2 * NormalDistribution.quantile(random.uniform())
            evidence.add(
                bin: ScoreBins.bin(distance), flip: random.uniform() < truth(distance),
                propensity: 1, now: start)
        }
        return evidence
    }

    @Test("Distances are log-odds, keep to their side, and fall into their bin")
    func bins() {
        #expect(ScoreBins.distance(0.5, threshold: 0.5) == 0)
        #expect(abs(ScoreBins.distance(0.9, threshold: 0.5) - log(9)) < 1e-12)
        #expect(abs(ScoreBins.distance(0.2, threshold: 0.8) + log(16)) < 1e-12)
        #expect(ScoreBins.distance(0.3.nextDown, threshold: 0.3) < 0)
        for bin in 0..<ScoreBins.count {
            #expect(ScoreBins.bin(ScoreBins.centre(bin)) == bin)
        }
        #expect(ScoreBins.bin(of: 0, threshold: 0.5) == 0)
        #expect(ScoreBins.bin(of: 1, threshold: 0.5) == ScoreBins.count - 1)
        #expect(ScoreBins.bin(of: 0.5, threshold: 0.5) == ScoreBins.count / 2)
    }

    @Test(
        "The beta distribution's quantiles are SciPy's",
        arguments: [
            // scipy.stats.beta.ppf of SciPy 1.17.1.
            (0.25, 2.0, 3.0, 0.243_022_083_8), (0.05, 0.5, 0.5, 0.006_155_829_7),
            (0.9, 40.0, 60.0, 0.463_099_866_5), (0.25, 1.0, 1.0, 0.25),
            (0.01, 300.0, 2.0, 0.978_151_101_8),
        ])
    func beta(level: Double, a: Double, b: Double, expected: Double) {
        #expect(abs(BetaDistribution.quantile(level, a, b) - expected) < 2e-9)
    }

    @Test("Without evidence it is the prior: a half on the threshold, falling on both sides")
    func prior() {
        let history = FlipHistory(prior: FlipPrior(shape: .normal(scale: 1)))
        let half = ScoreBins.count / 2
        #expect(history.flips[half] > 0.44 && history.flips[half] < 0.5)
        for bin in half..<ScoreBins.count - 1 {
            #expect(history.flips[bin] >= history.flips[bin + 1])
            #expect(abs(history.flips[bin] - history.flips[ScoreBins.count - 1 - bin]) < 1e-12)
        }
    }

    @Test(
        "Its 90 % intervals hold the true P(flip) in 85 to 97 % of bins, of few pairs and of many",
        arguments: [200, 2_000, 50_000])
    func coverage(pairs: Int) {
        var (held, all) = (0, 0)
        for run in 0..<60 {
            let evidence = evidence(pairs: pairs, run: run)
            let history = FlipHistory(prior: FlipPrior(), evidence: evidence)
            for bin in 0..<ScoreBins.count where history.pairs[bin] >= 10 {
                let interval = history.flipInterval(bin: bin)
                held += interval.contains(truth(ScoreBins.centre(bin))) ? 1 : 0
                all += 1
            }
        }
        let share = Double(held) / Double(all)
        #expect(all > 200)
        #expect(share > 0.85 && share < 0.97, "\(share) of \(all)")
    }

    @Test("With many pairs it comes to the truth, whatever the prior", arguments: [0.2, 1, 4])
    func consistency(scale: Double) {
        let history = FlipHistory(
            prior: FlipPrior(shape: .normal(scale: scale)),
            evidence: evidence(pairs: 400_000, run: 0)
        )
        for bin in 20..<44 {
            let expected = truth(ScoreBins.centre(bin))
            #expect(abs(history.flips[bin] - expected) < 0.02, "bin \(bin)")
        }
    }

    @Test("Neighbours lend to a bin without pairs, and one side of the threshold not to the other")
    func pooling() {
        var evidence = FlipEvidence(at: start)
        let half = ScoreBins.count / 2
        for index in 0..<100 {
            evidence.add(bin: half + 2, flip: index < 5, propensity: 1, now: start)
        }
        let prior = FlipHistory(prior: FlipPrior())
        let history = FlipHistory(prior: FlipPrior(), evidence: evidence)
        #expect(history.flips[half + 2] < 0.1)
        #expect(history.flips[half + 1] < 0.5 * prior.flips[half + 1])
        #expect(history.flips[half + 3] < 0.5 * prior.flips[half + 3])
        #expect(history.flips[half - 1] == prior.flips[half - 1])
    }

    /// Within a bin, hard records flip more often and go on more often.
    private func selected(weighted: Bool, run: Int) -> FlipEvidence {
        var random = RandomStream(seed: 9, stream: UInt64(run))
        var evidence = FlipEvidence(at: start)
        for _ in 0..<4_000 {
            let isHard = random.uniform() < 0.3
            let propensity = isHard ? 0.9 : 0.05
            let flips = random.uniform() < (isHard ? 0.6 : 0.1)
            guard random.uniform() < propensity else { continue }
            let weight = evidence.add(
                bin: 40, flip: flips, propensity: weighted ? propensity : 1, now: start)
            if flips {
                evidence.addLabel(
                    bin: 40, right: random.uniform() < (isHard ? 0.8 : 0.3), weight: weight,
                    now: start)
            }
        }
        return evidence
    }

    @Test("1/propensity undoes what admission prefers; without it the rates are far off")
    func unbiased() {
        // P(flip) = 0.3·0.6 + 0.7·0.1; P(right | flip) = (0.18·0.8 + 0.07·0.3)/0.25.
        let (flip, right) = (0.25, 0.66)
        func means(weighted: Bool) -> (flip: Double, right: Double) {
            var (flips, rights) = (0.0, 0.0)
            for run in 0..<100 {
                let sums = selected(weighted: weighted, run: run)
                flips += sums[40, .flips] / sums[40, .weight]
                rights += sums[40, .right] / (sums[40, .right] + sums[40, .wrong])
            }
            return (flips / 100, rights / 100)
        }
        let (weighted, raw) = (means(weighted: true), means(weighted: false))
        #expect(abs(weighted.flip - flip) < 0.01, "\(weighted)")
        #expect(abs(weighted.right - right) < 0.02, "\(weighted)")
        #expect(raw.flip > flip + 0.2 && raw.right > right + 0.1, "\(raw)")
        let history = FlipHistory(prior: FlipPrior(), evidence: selected(weighted: true, run: 0))
        // 4,000 records make some 1,080 and 140 pairs of weight 1.1 and 20.
        #expect(history.pairs[40] > 200 && history.pairs[40] < 320)
    }

    @Test("Old pairs fade, whether they are added or merged")
    func fading() {
        let later = start + .seconds(14 * 86_400)
        var old = FlipEvidence(halfLife: .seconds(7 * 86_400), at: start)
        for _ in 0..<400 { old.add(bin: 30, flip: true, propensity: 1, now: start) }
        var whole = old
        var fresh = FlipEvidence(halfLife: old.halfLife, at: later)
        for _ in 0..<100 {
            whole.add(bin: 30, flip: false, propensity: 1, now: later)
            fresh.add(bin: 30, flip: false, propensity: 1, now: later)
        }
        var merged = old
        merged.merge(fresh)
        for evidence in [whole.faded(to: later), merged] {
            #expect(abs(evidence[30, .weight] - 200) < 1e-9)
            #expect(abs(evidence[30, .flips] - 100) < 1e-9)
        }
        let history = FlipHistory(prior: FlipPrior(), evidence: merged)
        #expect(abs(history.pairs[30] - 200) < 1e-9)
        let ages = whole.faded(to: later + .seconds(700 * 86_400))
        #expect(FlipHistory(prior: FlipPrior(), evidence: ages).pairs[30] < 1e-9)
    }

    @Test("Merging adds up, in any order")
    func merging() {
        let parts = (0..<3).map { evidence(pairs: 500, run: $0) }
        var (forwards, backwards) = (parts[0], parts[2])
        for part in parts[1...] { forwards.merge(part) }
        for part in parts[..<2].reversed() { backwards.merge(part) }
        for sum in FlipEvidence.Sum.allCases {
            for (left, right) in zip(forwards.values(sum), backwards.values(sum)) {
                #expect(abs(left - right) < 1e-9)
            }
        }
        #expect(abs(forwards.values(.weight).reduce(0, +) - 1_500) < 1e-9)
    }

    @Test("Labels that wait are bounded, oldest first, and count once")
    func unlabelled() {
        var pairs = UnlabelledPairs(capacity: 2)
        for index in 0..<3 {
            pairs.insert(
                UnlabelledPair(
                    bin: index, classicalDecision: false, liveDecision: true, weight: 1,
                    partition: Int32(index % 2)),
                for: RecordKey(id: "\(index)"), now: start)
        }
        #expect(pairs.count == 2 && pairs.remove(RecordKey(id: "0")) == nil)
        let pair = pairs.remove(RecordKey(id: "1"))
        #expect(pair?.benefit(label: true) == 1 && pair?.benefit(label: false) == -1)
        #expect(pairs.remove(RecordKey(id: "1")) == nil)
        pairs.removeAll(ofPartition: 0)
        #expect(pairs.count == 0)
    }
}
