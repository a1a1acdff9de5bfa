import Contracts
import Determinism
import Policies
import Testing

@Suite("The replay of decisions")
struct AdmissionReplayTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// Decides a stream live and records it as admission does.
    private func history(
        _ policy: AdmissionPolicy, records: Int = 4_000, every step: Int64 = 700
    ) -> [RecordedDecision] {
        var state = AdmissionState(policy: policy, now: Self.start)
        var random = RandomStream(seed: 7)
        return (0..<records).map { index in
            let now = Self.start + .microseconds(Int64(index) * step)
            // A heartbeat each 25 ms, told 3 ms later.
            let heartbeat = Self.start + .milliseconds(Int64(index) * step / 1_000 / 25 * 25 - 3)
            let wait = TimeSpan.milliseconds(Int64(random.uniform() * 30))
            var record = RecordedDecision(
                key: RecordKey(id: "record-\(index)"), partition: Int32(index % 8),
                offset: Int64(index), decidedAt: now,
                deadline: now + .milliseconds(40))
            record.classicalScore = random.uniform()
            record.value = index % 3 == 0 ? nil : random.uniform() * 100
            record.mode = policy.mode
            record.policy = PolicyFingerprint.of(policy)
            record.price = 0.5
            record.serviceTime = .microseconds(300)
            record.statusWait = wait
            record.statusAge = now - heartbeat
            record.queueDepth = 20
            let forecast = DeviceForecast(
                predictedWait: wait, serviceTime: record.serviceTime, queueDepth: 20,
                state: .online, statusAge: now - heartbeat)
            let decision = AdmissionController.decide(
                AdmissionRequest(
                    classicalScore: record.classicalScore, now: now, deadline: record.deadline,
                    valueAtStake: record.value, idHash: record.key.high),
                forecast, killSwitch: false, policy: policy, state: &state)
            record.admitted = decision.admitted
            record.reason = decision.reason
            record.propensity = decision.propensity
            record.predictedWait = decision.inputs.predictedWait
            return record
        }
    }

    private func policy(
        _ edit: (inout AdmissionPolicy) throws -> Void = { _ in }
    ) throws -> AdmissionPolicy {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.uncertaintyBand = 0.3...0.7
        policy.outsideFraction = 0.1
        policy.minimumValue = 20
        policy.concurrencyLimit = 60
        policy.takesInFlightFromStatus = true
        try edit(&policy)
        return policy
    }

    @Test("decides every record as it was decided live, and says when it does not")
    func calibration() throws {
        let policy = try policy {
            $0.rateLimit = try RateLimit(tokens: 300, burst: 20)
        }
        let records = history(policy)
        let reasons = Set(records.map(\.reason))
        #expect(reasons.isSuperset(of: [.accepted, .certain, .lowValue, .rateLimited]))
        let report = ReplayReport(records.shuffled(), old: policy, new: policy)
        #expect(report.decisions == records.count && report.decidedByOld == records.count)
        #expect(report.reproduced == records.count)
        #expect(report.recorded == report.old)
        #expect(report.old == report.new)
        #expect(report.moves.allSatisfy { $0.from == $0.to })
        let other = ReplayReport(
            records, old: try self.policy { $0.minimumValue = 90 }, new: policy)
        #expect(other.decidedByOld == 0 && other.share(other.reproduced) < 0.9)
    }

    @Test("moves the records that a rule changes to that rule's reason, and prices what is left")
    func change() throws {
        let old = try policy()
        let records = history(old)
        let report = ReplayReport(records, old: old, new: try policy { $0.minimumValue = 50 })
        let moved = report.moves.first { $0.from == .accepted && $0.to == .lowValue }
        #expect((moved?.count ?? 0) > 100)
        #expect(report.new.admitted < report.old.admitted)
        #expect(report.new.spend == 0.5 * Double(report.new.admitted))
        #expect(report.old.reasons.values.reduce(0, +) == records.count)
        #expect(report.moves.map(\.count).reduce(0, +) == records.count)
        let off = ReplayReport(records, old: old, new: old, mode: .off)
        #expect(off.new.admitted == 0 && off.new.reasons == [.modeOff: records.count])
    }

    @Test("keeps the kill switch as it was: no policy turns it off")
    func killSwitch() throws {
        var records = history(try policy(), records: 10)
        for index in records.indices {
            records[index].reason = .killSwitch
            records[index].admitted = false
        }
        let report = ReplayReport(records, old: try policy(), new: AdmissionPolicy())
        #expect(report.new.reasons == [.killSwitch: 10] && report.reproduced == 10)
    }

    @Test("weighs known flips by both propensities, and counts what nobody knows")
    func flips() throws {
        // Outside the band the old policy admits one in ten, the new one all; inside alike.
        let old = try policy { policy in
            policy.minimumValue = 0
            policy.concurrencyLimit = nil
            policy.safetyMargin = .zero
        }
        var new = old
        new.outsideFraction = 1
        var records = history(old, records: 20_000, every: 20_000)
        var truth = 0
        for index in records.indices {
            let flips = records[index].key.low % 4 == 0
            if flips { truth += 1 }
            records[index].deadline = records[index].decidedAt + .seconds(10)
            // Decided without a binding deadline: the lot alone.
            let isOutside = !old.uncertaintyBand.contains(records[index].classicalScore)
            records[index].propensity = isOutside ? 0.1 : 1
            records[index].admitted = !isOutside || records[index].reason != .certain
            records[index].flipped = records[index].admitted ? flips : nil
        }
        let flips = ReplayReport(records, old: old, new: new).flips
        #expect(flips.unknownShare == 0 && flips.standardError > 0)
        #expect(abs(flips.expected - Double(truth)) < 4 * flips.standardError)
        #expect(Double(flips.recorded) < 0.7 * flips.expected)
        // Without any lots outside the band, nothing is known of the records there.
        for index in records.indices where records[index].propensity == 0.1 {
            records[index].propensity = 0
            records[index].admitted = false
            records[index].flipped = nil
        }
        let blind = ReplayReport(records, old: old, new: new).flips
        #expect((0.5...0.7).contains(blind.unknownShare))
        #expect(blind.expected == Double(blind.recorded) && blind.standardError == 0)
    }

    @Test("reads everything back from a verdict, and nothing from one that says not enough")
    func verdicts() throws {
        var verdict = ClassicalVerdictMessage()
        verdict.deadline = Self.start + .seconds(1)
        let key = RecordKey(id: "a")
        #expect(RecordedDecision(verdict, key: key, partition: 0, offset: 0) == nil)
        verdict.decision = DecisionRecord()
        #expect(RecordedDecision(verdict, key: key, partition: 0, offset: 0) == nil)
        verdict.decision?.decidedAt = Self.start
        verdict.decision?.statusAgeMilliseconds = 12.5
        verdict.decision?.price = 1.25
        verdict.predictedWaitMilliseconds = 7
        let record = try #require(RecordedDecision(verdict, key: key, partition: 3, offset: 9))
        #expect(record.decidedAt == Self.start && record.statusAge == .microseconds(12_500))
        #expect(record.price == 1.25 && record.predictedWait == .milliseconds(7))
        #expect(record.partition == 3 && record.offset == 9 && record.value == nil)
    }
}
