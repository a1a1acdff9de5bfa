import Contracts
import Determinism
import Foundation
import Policies
import Testing

@Suite("A million pending deadlines")
struct PendingDeadlineTests {
    private static let count = 1_000_000
    /// 50 ms to 30 minutes, as budgets of a class and a tenth more.
    private static let classes: [Int64] = [50, 250, 1_000, 10_000, 60_000, 600_000, 1_630_000]

    private func budget(_ record: Int) -> TimeSpan {
        let draw = StableHash.combine(UInt64(record), 7)
        let base = Self.classes[Int(draw % 7)] * 1_000
        return .microseconds(base + Int64(draw >> 8) % (base / 10 + 1))
    }

    private func identity(_ record: Int) -> RecordKey {
        RecordKey(
            high: StableHash.mix(UInt64(record)), low: StableHash.combine(UInt64(record), 1))
    }

    private var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return pages * 4_096
    }

    @Test("are all met, each once and in order, however they are mixed and whoever answers first")
    func mixed() throws {
        let before = residentBytes
        var join = try TestJoin()
        for record in 0..<Self.count {
            _ = join.classical(
                identity(record), verdict(budget: budget(record)), payload: record, now: epoch)
        }
        #expect(join.pendingCount == Self.count && join.timerCount == Self.count)
        if let before, let after = residentBytes {
            print("a pending deadline takes \((after - before) / Self.count) bytes")
        }
        // Every fifth is answered by its quantum verdict half of its budget after it came: what is
        // left of its timer must neither answer it again nor hold up another's.
        var quantum: [(at: Timestamp, record: Int)] = []
        for record in stride(from: 0, to: Self.count, by: 5) {
            quantum.append((epoch + .microseconds(budget(record).microseconds / 2), record))
        }
        quantum.sort { ($0.at, $0.record) < ($1.at, $1.record) }
        var seen = [UInt8](repeating: 0, count: Self.count)
        var (wrong, last, next) = (0, epoch, 0)
        var now = epoch
        // The caller wakes when the join says, never earlier, and a tick late.
        while let deadline = join.nextDeadline {
            now = max(now, deadline) + .milliseconds(2)
            while next < quantum.count, quantum[next].at < now {
                let (at, record) = quantum[next]
                let action = join.quantum(
                    identity(record), .use(score: 1), payload: 0, now: at)
                if action.emitted?.source == .quantum { seen[record] += 1 }
                next += 1
            }
            join.expire(now: now) { score in
                let due = score.verdict.deadline
                let isRight =
                    due == epoch + budget(score.classical) && due >= last && due <= now
                    && score.classical % 5 != 0 && score.source == .classical
                if !isRight { wrong += 1 }
                last = due
                seen[score.classical] += 1
            }
        }
        #expect(wrong == 0 && next == quantum.count)
        #expect(seen.allSatisfy { $0 == 1 })
        #expect(join.pendingCount == 0 && join.timerCount == 0)
        #expect(join.counters.quantumScores == Self.count / 5)
        #expect(join.counters.deadlineExceeded == Self.count - Self.count / 5)
        #expect(now - epoch <= .seconds(1_800 as Int64))
    }
}
