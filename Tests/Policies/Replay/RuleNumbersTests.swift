import Contracts
import Determinism
import Policies
import Testing

@Suite("A decision's numbers")
struct RuleNumbersTests {
    private var facts: DecisionFacts {
        var facts = DecisionFacts()
        facts.classicalScore = 0.9
        facts.mode = .live
        facts.draw = 0.25
        facts.value = 12
        facts.statusAgeMilliseconds = 40
        facts.remainingMilliseconds = 100
        facts.completionMilliseconds = 130
        facts.inFlight = 7
        return facts
    }

    private func pair(
        _ rule: AdmissionRule, _ edit: (inout AdmissionPolicy) throws -> Void = { _ in }
    ) throws -> [Double?] {
        var policy = AdmissionPolicy()
        policy.uncertaintyBand = 0.2...0.6
        try edit(&policy)
        let numbers = rule.numbers(facts, policy)
        return [numbers.measured, numbers.limit]
    }

    @Test("are what the rule looked at and what it held it against")
    func numbers() throws {
        #expect(try pair(.sampling) == [0.9, 0.6])
        #expect(try pair(.sampling) { $0.outsideFraction = 0.1 } == [0.25, 0.1])
        #expect(try pair(.value) { $0.minimumValue = 20 } == [12, 20])
        #expect(try pair(.device) == [40, 10_000])
        #expect(try pair(.deadline) == [130, 90])
        #expect(try pair(.concurrency) { $0.concurrencyLimit = 5 } == [7, 5])
        #expect(
            try pair(.rate) { $0.rateLimit = try RateLimit(tokens: 30, burst: 2) } == [nil, 30])
        #expect(try pair(.killSwitch) == [nil, nil])
    }

    @Test("name the rule behind every reason that admission gives")
    func rules() {
        let named = ReasonCode.allCases.filter { AdmissionRule(refusing: $0) != nil }
        #expect(named.count == 12 && AdmissionRule(refusing: .accepted) == nil)
        #expect(AdmissionRule(refusing: .queueTooLong) == .deadline)
    }

    @Test("A policy's fingerprint changes with every field, and with nothing else")
    func fingerprint() throws {
        let base = PolicyFingerprint.of(AdmissionPolicy())
        #expect(PolicyFingerprint.of(AdmissionPolicy()) == base)
        let edits: [(inout AdmissionPolicy) throws -> Void] = [
            { $0.mode = .live }, { $0.rules.removeLast() }, { $0.uncertaintyBand = 0...0.9 },
            { $0.samplingSeed = 1 }, { $0.rateLimit = try RateLimit(tokens: 1, burst: 1) },
            { $0.rateLimit = try RateLimit(tokens: 1, burst: 2) }, { $0.concurrencyLimit = 1 },
            { $0.shadowWaitLimit = nil }, { $0.safetyMargin = .milliseconds(11) },
        ]
        let hashes = try edits.map { edit in
            var policy = AdmissionPolicy()
            try edit(&policy)
            return PolicyFingerprint.of(policy)
        }
        #expect(Set(hashes + [base]).count == edits.count + 1)
        // As long as nobody changes a default, the hash is the same in every release and process.
        let unordered: [[String: Int]] = [["a": 1, "b": 2, "c": 3], ["c": 3, "b": 2, "a": 1]]
        #expect(PolicyFingerprint.of(unordered[0]) == PolicyFingerprint.of(unordered[1]))
    }
}
