import Determinism
import Testing

@testable import Statistics

@Suite("Evidence of benefit, and stop-loss")
struct BenefitEvidenceTests {
    private static let alpha = 0.05
    private static let margin = 0.01

    /// One record in ten flips; the mean benefit is as given.
    private func benefit(mean: Double, _ random: inout RandomStream) -> Double {
        let draw = random.uniform()
        return draw < 0.05 + mean / 2 ? 1 : (draw < 0.1 ? -1 : 0)
    }

    /// Every verdict that was given at any time, looked at after every record.
    private func verdicts(mean: Double, records: Int, run: Int) -> Set<BenefitVerdict> {
        var random = RandomStream(seed: 5, stream: UInt64(run))
        var evidence = BenefitEvidence(margin: Self.margin)
        var seen: Set<BenefitVerdict> = []
        for _ in 0..<records {
            evidence.add(benefit(mean: mean, &random))
            seen.insert(evidence.verdict(alpha: Self.alpha))
        }
        return seen
    }

    @Test("The stitched boundary is the authors' own to five places")
    func boundary() {
        // confseq, uniform_boundaries_unittest.cpp: poly_stitching_bound(100, 0.05, 10, 3).
        let value = StitchedBoundary.value(variance: 100, range: 3, alpha: 0.05, least: 10)
        #expect(abs(value - 64.48755) < 1e-5)
    }

    @Test("A path that adds nothing is stopped in nearly every run", arguments: [0.0, -0.02])
    func stops(mean: Double) {
        let stopped = (0..<100).count { run in
            var random = RandomStream(seed: 6, stream: UInt64(run))
            var evidence = BenefitEvidence(margin: Self.margin)
            for _ in 0..<40_000 {
                evidence.add(benefit(mean: mean, &random))
                if [.noBetter, .worse].contains(evidence.verdict(alpha: Self.alpha)) {
                    return true
                }
            }
            return false
        }
        #expect(stopped >= 95)
    }

    /// Median over runs of the labels until a path that adds nothing is stopped.
    private func labelsToStop(
        flips: Double, margin: Double, alpha: Double, seed: UInt64
    ) -> Double {
        let counts = (0..<51).map { run in
            var random = RandomStream(seed: seed, stream: UInt64(run))
            var evidence = BenefitEvidence(margin: margin)
            while evidence.verdict(alpha: alpha) == .undecided, evidence.sums.count < 1_000_000 {
                let draw = random.uniform()
                evidence.add(draw < flips / 2 ? 1 : (draw < flips ? -1 : 0))
            }
            return Double(evidence.sums.count)
        }
        return counts.sorted()[25]
    }

    @Test("It takes some 10 flips/margin² labels to stop, and some 60% more at a tenth of alpha")
    func labelsNeeded() {
        for (flips, margin) in [(0.02, 0.005), (0.1, 0.02), (0.05, 0.01)] {
            let labels = labelsToStop(flips: flips, margin: margin, alpha: 0.05, seed: 8)
            let rule = 10 * flips / (margin * margin)
            #expect(labels > rule / 2 && labels < rule * 2, "\(labels) against \(rule)")
        }
        let usual = labelsToStop(flips: 0.1, margin: 0.02, alpha: 0.05, seed: 8)
        let strict = labelsToStop(flips: 0.1, margin: 0.02, alpha: 0.005, seed: 8)
        #expect(strict / usual > 1.3 && strict / usual < 1.9, "\(strict / usual)")
    }

    @Test("A path that adds the margin or more is ever stopped in at most alpha / 2 of 400 runs")
    func keepsBetter() {
        for mean in [Self.margin, 0.04] {
            let stopped = (0..<400).count { run in
                !verdicts(mean: mean, records: 3_000, run: run)
                    .isDisjoint(with: [.noBetter, .worse])
            }
            #expect(Double(stopped) <= Self.alpha / 2 * 400)
        }
    }

    @Test("A path that adds nothing is ever called better or worse in at most alpha of 400 runs")
    func fairNull() {
        let wrong = (0..<400).count { run in
            !verdicts(mean: 0, records: 3_000, run: run).isDisjoint(with: [.better, .worse])
        }
        #expect(Double(wrong) <= Self.alpha * 400)
    }

    @Test("A good path is found better, and a harmful one worse")
    func power() {
        for run in 0..<20 {
            #expect(verdicts(mean: 0.05, records: 5_000, run: run).contains(.better))
            #expect(verdicts(mean: -0.05, records: 5_000, run: run).contains(.worse))
        }
    }

    @Test("The interval holds the mean at every time in all but alpha of 400 runs")
    func coverage() {
        var missed = 0
        for run in 0..<400 {
            var random = RandomStream(seed: 11, stream: UInt64(run))
            var evidence = BenefitEvidence(margin: Self.margin)
            var holds = true
            for _ in 0..<2_000 {
                evidence.add(benefit(mean: 0.02, &random))
                holds = holds && evidence.interval(alpha: Self.alpha).contains(0.02)
            }
            missed += holds ? 0 : 1
        }
        #expect(Double(missed) <= Self.alpha * 400)
    }

    @Test("Evidence of four instances, merged, errs no more often than one instance's")
    func merging() {
        var stopped = 0
        for run in 0..<200 {
            var random = RandomStream(seed: 17, stream: UInt64(run))
            var parts = (0..<4).map { _ in BenefitEvidence(margin: Self.margin) }
            var ever = false
            for _ in 0..<2_000 {
                parts[Int(random.uniform() * 4)].add(benefit(mean: Self.margin, &random))
                var all = parts[0]
                for part in parts.dropFirst() { all.merge(part) }
                ever = ever || [.noBetter, .worse].contains(all.verdict(alpha: Self.alpha))
            }
            stopped += ever ? 1 : 0
        }
        #expect(Double(stopped) <= Self.alpha / 2 * 200)
    }

    @Test("Restored from its numbers, it goes on as if it had never stopped")
    func restores() {
        var random = RandomStream(seed: 3)
        var whole = BenefitEvidence(margin: Self.margin)
        var first = BenefitEvidence(margin: Self.margin)
        let benefits = (0..<1_000).map { _ in benefit(mean: 0.02, &random) }
        for value in benefits { whole.add(value) }
        for value in benefits.prefix(400) { first.add(value) }
        var second = BenefitEvidence(margin: first.margin, sums: first.sums)
        for value in benefits.dropFirst(400) { second.add(value) }
        #expect(second.sums == whole.sums && whole.sums.count == 1_000)
    }

    @Test("Benefits outside −1…1 are refused and counted; no records, no claim")
    func refusals() {
        var evidence = BenefitEvidence()
        for value in [1.5, -.infinity, .nan] { evidence.add(value) }
        #expect(evidence.refused == 3 && evidence.sums == BenefitEvidence.Sums())
        #expect(evidence.verdict() == .undecided && evidence.mean == nil)
        #expect(evidence.interval() == -1...1)
    }
}
