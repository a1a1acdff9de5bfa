import Contracts
import Policies
import Testing

@Suite("Confidence")
struct ConfidencePolicyTests {
    private func judge(
        _ logit: Double, error: Double, classical: Double = 0.5,
        _ policy: ConfidencePolicy? = nil
    ) throws -> ConfidenceVerdict {
        let policy = try policy ?? ConfidencePolicy()
        let estimate = QuantumEstimate(logit: logit, logitStandardError: error)
        return policy.judge(estimate, classicalScore: classical)
    }

    @Test("Score, standard error, interval and confidence agree with SciPy")
    func agreesWithReference() throws {
        let golden = try Golden.load().confidence
        let policy = try ConfidencePolicy(
            decisionThreshold: golden.threshold, intervalLevel: golden.level)
        for row in golden.rows {
            let verdict = try judge(row.logit, error: row.error, policy)
            #expect(abs(verdict.score - row.score) <= 1e-15)
            #expect(abs(verdict.standardError - row.standardError) <= 1e-13 * row.standardError)
            #expect(abs(verdict.intervalLow - row.low) <= 1e-14)
            #expect(abs(verdict.intervalHigh - row.high) <= 1e-14)
            #expect(abs(verdict.confidence - row.confidence) <= 1e-14)
            #expect(verdict.intervalLow <= verdict.score && verdict.score <= verdict.intervalHigh)
        }
    }

    @Test("A confident score is used, an unsure one rejected, one between them blended")
    func actions() throws {
        let sure = try judge(1, error: 0.1)
        #expect(sure.action == .use && sure.reason == .accepted && sure.blendWeight == 1)
        #expect(sure.servedScore == sure.score)
        let unsure = try judge(0.1, error: 1, classical: 0.3)
        #expect(unsure.action == .reject && unsure.reason == .lowConfidence)
        #expect(unsure.servedScore == 0.3 && unsure.blendWeight == 0)
        let middling = try judge(1, error: 0.8, classical: 0.4)
        #expect(middling.action == .blend && middling.reason == .blended)
        let weight = (middling.confidence - 0.75) / 0.2
        #expect(abs(middling.blendWeight - weight) < 1e-15)
        let blend = weight * middling.score + (1 - weight) * 0.4
        #expect(abs(middling.servedScore - blend) < 1e-15)
    }

    @Test("The served score moves continuously from classical to quantum as confidence grows")
    func continuous() throws {
        var last: Double?
        for step in stride(from: 3.0, through: 0.3, by: -0.001) {
            let served = try judge(1, error: step, classical: 0.2).servedScore
            if let last { #expect(abs(served - last) < 0.01 && served >= last) }
            last = served
        }
        #expect(last == (try judge(1, error: 0.3).score))
    }

    @Test("Scores too far apart are rejected, however confident")
    func disagreement() throws {
        let verdict = try judge(5, error: 0.1, classical: 0.1)
        #expect(verdict.action == .reject && verdict.reason == .disagreement)
        #expect(verdict.servedScore == 0.1)
    }

    @Test("Without shot noise the side is sure, and on the threshold it is even")
    func zeroError() throws {
        let verdict = try judge(0.01, error: 0)
        #expect(verdict.confidence == 1 && verdict.action == .use && verdict.standardError == 0)
        #expect(verdict.intervalLow == verdict.score && verdict.intervalHigh == verdict.score)
        #expect(try judge(0, error: 0).confidence == 0.5)
    }

    @Test(
        "Garbled estimates are rejected as a backend failure, with finite numbers",
        arguments: [
            (Double.nan, 0.1), (.infinity, 0.1), (0, .nan), (0, .infinity), (0, -0.1),
        ])
    func garbled(logit: Double, error: Double) throws {
        let verdict = try judge(logit, error: error, classical: 0.7)
        #expect(verdict.action == .reject && verdict.reason == .backendFailed)
        #expect(verdict.servedScore == 0.7 && verdict.score == 0.7)
        #expect(verdict.confidence == 0.5)
    }

    @Test("Equal blend and accept confidences leave no blending")
    func noBlending() throws {
        let policy = try ConfidencePolicy(acceptConfidence: 0.9, blendConfidence: 0.9)
        for error in stride(from: 0.05, through: 3, by: 0.05) {
            #expect(try judge(1, error: error, policy).action != .blend)
        }
    }

    @Test("Settings out of range are refused, each named with what is allowed")
    func refusesSettings() {
        #expect(throws: PolicyError.self) { try ConfidencePolicy(decisionThreshold: 1) }
        #expect(throws: PolicyError.self) { try ConfidencePolicy(acceptConfidence: 0.4) }
        #expect(throws: PolicyError.self) { try ConfidencePolicy(maximumDisagreement: .nan) }
        #expect(throws: PolicyError.self) { try ConfidencePolicy(intervalLevel: 1) }
        let error = #expect(throws: PolicyError.self) {
            try ConfidencePolicy(acceptConfidence: 0.8, blendConfidence: 0.9)
        }
        #expect(
            error?.description == "blendConfidence is 0.9; allowed: 0.5…acceptConfidence (0.8)")
    }
}

@Suite("Normal distribution")
struct NormalDistributionTests {
    @Test("Cumulative probabilities agree with SciPy in both tails")
    func cumulative() throws {
        let golden = try Golden.load().normal
        for (point, expected) in zip(golden.points, golden.cumulative) {
            let value = NormalDistribution.cumulative(point)
            // Far out, rounding the argument alone moves the result by point² units in the last place.
            let tolerance = 4e-16 * max(1, point * point) * expected
            #expect(abs(value - expected) <= tolerance, "at \(point)")
        }
    }

    @Test("Quantiles agree with SciPy from 1e-300 to 1")
    func quantiles() throws {
        let golden = try Golden.load().normal
        for (share, expected) in zip(golden.shares, golden.quantiles) {
            let value = NormalDistribution.quantile(share)
            #expect(abs(value - expected) <= 1e-14 * max(1, abs(expected)), "at \(share)")
        }
        #expect(NormalDistribution.quantile(0) == -.infinity)
        #expect(NormalDistribution.quantile(1) == .infinity)
        #expect(NormalDistribution.quantile(-0.1).isNaN && NormalDistribution.quantile(.nan).isNaN)
    }
}
