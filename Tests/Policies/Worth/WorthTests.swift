import Contracts
import Determinism
import Foundation
import Testing

@testable import Policies

@Suite("Worth of a call")
struct WorthTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func settings(_ edit: (inout WorthSettings) -> Void = { _ in }) -> WorthSettings {
        var settings = WorthSettings()
        settings.explorationFraction = 0
        edit(&settings)
        return settings
    }

    /// Flips of known number and rightness in every bin.
    private func evidence(flips: Int, right: Int, of pairs: Int) -> FlipEvidence {
        var evidence = FlipEvidence(at: start)
        for bin in 0..<ScoreBins.count {
            for index in 0..<pairs {
                let flip = index < flips
                evidence.add(bin: bin, flip: flip, propensity: 1, now: start)
                if flip { evidence.addLabel(bin: bin, right: index < right, weight: 1, now: start) }
            }
        }
        return evidence
    }

    @Test("The plain band is the special case of a prior that is sure: the same verdict everywhere")
    func band() throws {
        let worth = try Worth(.band(0.3...0.6, explorationFraction: 0.1))
        var policy = AdmissionPolicy()
        policy.uncertaintyBand = 0.3...0.6
        policy.outsideFraction = 0.1
        var random = RandomStream(seed: 4)
        for step in 0...10_000 {
            let (score, draw) = (Double(step) / 10_000, random.uniform())
            let verdict = worth.verdict(
                classicalScore: score, threshold: 0.5, value: nil, price: 0, draw: draw)
            let request = AdmissionRequest(
                classicalScore: score, now: start, deadline: start, idHash: 0)
            let context = AdmissionContext(
                request: request, killSwitch: false, mode: .shadow, draw: draw)
            switch (WorthRules.sampling(context, policy), verdict) {
            case (.pass, .goOn): break
            case (.lot(let probability, true, _), .lot(let propensity, _)):
                #expect(probability == propensity)
            case (.lot(let probability, false, let reason), .refuse(let refusal, let propensity, _)):
                #expect(probability == propensity && reason == refusal)
            default: Issue.record("score \(score), draw \(draw): \(verdict)")
            }
        }
    }

    @Test("A normal prior that trusts flips is a band whose width follows price over value")
    func priorBand() throws {
        let scale = 0.8
        let worth = try Worth(
            settings {
                $0.prior = FlipPrior(
                    shape: .normal(scale: scale), trust: .constant(1), trustStrength: .infinity)
            })
        for (price, lambda) in [(1.0, 0.0), (1, 1), (2, 0.5)] {
            let share = price * (1 + lambda) / 10
            let width = -scale * NormalDistribution.quantile(share)
            for step in 1..<1_000 {
                let score = Double(step) / 1_000
                let distance = abs(log(score / (1 - score)))
                // Between the middles of bins the prior is taken as linear.
                guard abs(distance - width) > 0.02 else { continue }
                let verdict = worth.verdict(
                    classicalScore: score, threshold: 0.5, value: 10, price: price, lambda: lambda,
                    draw: 0.5)
                if case .goOn = verdict {
                    #expect(distance < width)
                } else {
                    #expect(distance > width)
                }
            }
        }
    }

    @Test("Expected value is value · P(flip) · (2R − 1) · on time − price and shadow price − loss")
    func formula() throws {
        let worth = try Worth(
            settings {
                $0.lossIfLate = 3
                $0.caution = 0.5
            }, evidence: evidence(flips: 400, right: 300, of: 1_000))
        let assessment = worth.assess(
            classicalScore: 0.6, threshold: 0.5, value: 100, price: 2, lambda: 0.5, lateness: 0.1)
        #expect(abs(assessment.flipProbability - 0.4) < 0.01)
        #expect(abs(assessment.gain - 0.4 * 0.5) < 0.01)
        let expected = 100 * assessment.gain * 0.9 - 2 * 1.5 - 0.1 * 3
        #expect(abs(assessment.expectedValue - expected) < 1e-12)
        let free = worth.assess(classicalScore: 0.6, threshold: 0.5, value: 100, price: 0)
        #expect(abs(free.expectedValue - 100 * free.gain) < 1e-12)
    }

    @Test("Before labels a sceptic pays for nothing, and flips shown right make him pay")
    func labelsDecide() throws {
        func goesOn(_ evidence: FlipEvidence?) throws -> Bool {
            let verdict = try Worth(settings(), evidence: evidence).verdict(
                classicalScore: 0.55, threshold: 0.5, value: 100, price: 1, draw: 0.5)
            if case .goOn = verdict { return true } else { return false }
        }
        #expect(try !goesOn(nil))
        #expect(try !goesOn(evidence(flips: 30, right: 15, of: 100)))
        #expect(try goesOn(evidence(flips: 30, right: 25, of: 100)))
        // Flips without a label say how often, not how well.
        var unlabelled = FlipEvidence(at: start)
        for index in 0..<100 {
            unlabelled.add(bin: 32, flip: index < 30, propensity: 1, now: start)
        }
        #expect(try !goesOn(unlabelled))
    }

    @Test("Fewer labels of the same share are trusted less")
    func caution() throws {
        let (few, many) = (
            evidence(flips: 4, right: 3, of: 10), evidence(flips: 400, right: 300, of: 1_000)
        )
        let gains = try [few, many].map {
            try Worth(settings(), evidence: $0)
                .assess(classicalScore: 0.55, threshold: 0.5, value: 1, price: 0).gain
        }
        #expect(gains[0] < gains[1])
    }

    @Test("Those not worth it go on with ε, and every verdict says with what probability")
    func exploration() throws {
        let worth = try Worth(settings { $0.explorationFraction = 0.02 })
        var drawn = 0
        for index in 0..<100_000 {
            let draw = Double(StableHash.mix(UInt64(index)) >> 11) * 0x1p-53
            let verdict = worth.verdict(
                classicalScore: 0.99, threshold: 0.5, value: 1, price: 1, draw: draw)
            #expect(verdict.propensity == 0.02)
            if case .lot = verdict { drawn += 1 }
        }
        #expect(drawn > 1_850 && drawn < 2_150)
    }

    @Test("A refusal says whether the score is certain or the record worth too little")
    func reasons() throws {
        let worth = try Worth(
            settings { $0.referenceValue = 100 }, evidence: evidence(flips: 40, right: 35, of: 100))
        func refusal(_ value: Double?, price: Double) -> ReasonCode? {
            let verdict = worth.verdict(
                classicalScore: 0.5, threshold: 0.5, value: value, price: price, draw: 0.5)
            guard case .refuse(let reason, _, _) = verdict else { return nil }
            return reason
        }
        #expect(refusal(nil, price: 1) == nil)
        #expect(refusal(1, price: 1) == .lowValue)
        #expect(refusal(1, price: 1_000) == .certain)
    }

    @Test("Settings out of range are refused by name")
    func validation() {
        func setting(_ edit: (inout WorthSettings) -> Void) -> String? {
            do {
                _ = try Worth(settings(edit))
                return nil
            } catch {
                return error.setting
            }
        }
        #expect(setting { $0.caution = 0.6 } == "caution")
        #expect(setting { $0.explorationFraction = 1.1 } == "explorationFraction")
        #expect(setting { $0.referenceValue = -1 } == "referenceValue")
        #expect(setting { $0.lossIfLate = .infinity } == "lossIfLate")
        #expect(setting { $0.prior.shape = .normal(scale: 0) } == "flipScale")
        #expect(setting { $0.prior.shape = .band(0.5...1.5) } == "uncertaintyBand")
        #expect(setting { $0.prior.trust = .constant(2) } == "flipTrust")
        #expect(setting { $0.prior.flipStrength = 0 } == "flipStrength")
    }
}
