import Contracts
import Determinism
import Policies
import Statistics

/// The fallback's join with many records waiting at once, latency budgets from 50 ms to 30 minutes
/// mixed, the clock moved by hand.
struct FallbackBench {
    var pending: Int

    /// The budgets' classes; each record's is within a tenth of its class's.
    private static let budgets: [Int64] = [50, 250, 1_000, 10_000, 60_000, 600_000, 1_640_000]

    /// - Throws: `CommandFailure` when a record is answered twice, late, never or out of order.
    func run() throws -> [AdmissionBench.Row] {
        let start = AdmissionBench.start
        let memory = ResourceUse.residentMB
        var join = try FallbackJoin<Int, Int>(limits: FallbackLimits(maximumPending: pending))
        var times = QuantileSketch()
        let holdBegin = AdmissionBench.nanoseconds
        for record in 0..<pending {
            let before = AdmissionBench.nanoseconds
            let verdict = ClassicalVerdict(
                score: 0.5, deadline: start + Self.budget(record), mode: .live,
                admission: .accepted)
            _ = join.classical(Self.key(record), verdict, payload: record, now: start)
            times.add(microseconds: AdmissionBench.nanoseconds - before)
        }
        let holdSeconds = Double(AdmissionBench.nanoseconds - holdBegin) / 1e9
        guard join.pendingCount == pending else {
            throw CommandFailure("\(join.pendingCount) of \(pending) records wait")
        }
        let grown = (ResourceUse.residentMB ?? 0) - (memory ?? 0)
        var hold = AdmissionBench.Row(
            "fallback, record held among \(pending)", times,
            perSecond: Double(pending) / holdSeconds, yes: 1)
        if memory != nil, grown > 0 { hold.bytesPerEntry = grown * 1e6 / Double(pending) }
        return [hold, try expire(&join)]
    }

    /// Lets 30 minutes go by in turns of 10 ms; every third record is answered by its quantum verdict
    /// meanwhile.
    private func expire(_ join: inout FallbackJoin<Int, Int>) throws -> AdmissionBench.Row {
        let start = AdmissionBench.start
        var times = QuantileSketch()
        var (answered, last, next) = (0, start, 0)
        var isSound = true
        let begin = AdmissionBench.nanoseconds
        let turn = TimeSpan.milliseconds(10)
        let turns = 180_400
        let each = pending / turns + 1
        for number in 1...turns {
            let now = start + turn * Int64(number)
            for _ in 0..<each where next < pending {
                if case .emit = join.quantum(
                    Self.key(next), .use(score: 1), payload: 0, now: now)
                {
                    answered += 1
                }
                next += 3
            }
            let before = AdmissionBench.nanoseconds
            var count = 0
            join.expire(now: now) { score in
                count += 1
                let deadline = score.verdict.deadline
                isSound = isSound && deadline >= last && deadline <= now && now - deadline < turn
                last = deadline
            }
            if count > 0 {
                let spent = AdmissionBench.nanoseconds - before
                times.add(microseconds: spent / Int64(count))
            }
            answered += count
        }
        let seconds = Double(AdmissionBench.nanoseconds - begin) / 1e9
        guard isSound, answered == pending, join.pendingCount == 0 else {
            throw CommandFailure(
                "the fallback answered \(answered) of \(pending) records, in order: \(isSound)")
        }
        return AdmissionBench.Row(
            "fallback, record answered among \(pending)", times,
            perSecond: Double(pending) / seconds, yes: 1)
    }

    private static func key(_ record: Int) -> RecordKey {
        RecordKey(
            high: StableHash.mix(UInt64(record)), low: StableHash.combine(UInt64(record), 1))
    }

    private static func budget(_ record: Int) -> TimeSpan {
        let draw = StableHash.combine(UInt64(record), 2)
        let base = budgets[Int(draw % UInt64(budgets.count))] * 1_000
        return .microseconds(base + Int64(draw >> 8) % (base / 10 + 1))
    }
}
