import Contracts
import Determinism
import Policies
import Testing

@Suite("The ledger's audit")
struct LedgerAuditTests {
    private func entry(
        _ job: UInt64, _ state: LedgerMessage.State, cost: Double = 0, task: UInt64? = nil
    ) -> LedgerMessage {
        var entry = LedgerMessage()
        entry.job = job
        entry.state = state
        entry.cost = cost
        entry.task = task
        return entry
    }

    private func measurement(_ job: UInt64, cost: Double, ok: Bool = true) -> MeasurementMessage {
        var measurement = MeasurementMessage()
        measurement.job = job
        measurement.cost = cost
        measurement.status = ok ? .ok : .failed
        return measurement
    }

    private func audit(
        _ entries: [LedgerMessage], _ measurements: [MeasurementMessage] = []
    ) -> LedgerAudit.Report {
        var audit = LedgerAudit()
        for entry in entries { audit.take(entry) }
        for measurement in measurements { audit.take(measurement) }
        return audit.report
    }

    @Test("sums each job under its last state")
    func sums() {
        let report = audit(
            [
                entry(1, .reserved, cost: 2), entry(2, .reserved, cost: 3),
                entry(2, .submitted, task: 9), entry(3, .reserved, cost: 3),
                entry(3, .submitted, task: 9), entry(3, .settled, cost: 2.5, task: 9),
                entry(4, .reserved, cost: 3), entry(4, .released),
            ], [measurement(3, cost: 2.5), measurement(4, cost: 0, ok: false)])
        #expect(report.jobs == 4 && report.released == 1)
        #expect(report.reserved == (1, 2) && report.submitted == (1, 0))
        #expect(report.settled == (1, 2.5) && report.measured == (1, 2.5))
        #expect(report.isReconciled)
    }

    @Test("takes what a crash repeats for nothing new")
    func repetitions() {
        let way = [
            entry(1, .reserved, cost: 2), entry(1, .submitted, task: 9),
            entry(1, .settled, cost: 2, task: 9),
        ]
        let report = audit(way + way, [measurement(1, cost: 2), measurement(1, cost: 2)])
        #expect(report.isReconciled && report.settled == (1, 2) && report.measured == (1, 2))
        // A failed job that came again and went well.
        #expect(audit([entry(1, .released), entry(1, .settled, cost: 1)]).isReconciled)
    }

    @Test("takes an answer of the result cache for free, unless the job was bought too")
    func cached() {
        func answer(_ job: UInt64, cost: Double = 0) -> MeasurementMessage {
            var answer = measurement(job, cost: cost)
            answer.cached = CachedSource(job: 9, measuredAt: Timestamp(milliseconds: 1))
            return answer
        }
        let free = audit([entry(1, .reserved, cost: 2), entry(1, .settled)], [answer(1)])
        #expect(free.isReconciled && free.settled == (1, 0) && free.measured == (1, 0))
        #expect(free.cached == 1)
        // Two instances had the job, one after the other: one answered it, the other bought it.
        let (bill, paid) = (entry(1, .settled, cost: 2, task: 8), measurement(1, cost: 2))
        for entries in [[entry(1, .settled), bill], [bill, entry(1, .settled)]] {
            for measured in [[answer(1), paid], [paid, answer(1)]] {
                let report = audit(entries, measured)
                #expect(report.isReconciled && report.settled == (1, 2))
                #expect(report.measured == (1, 2) && report.cached == 0)
            }
        }
        let charged = audit([entry(1, .settled)], [answer(1, cost: 1)])
        #expect(charged.findings.map(\.finding) == [.priceDiffers])
    }

    @Test("finds what was paid twice, at another price, or not at all")
    func findings() {
        let twice = [entry(1, .settled, cost: 2, task: 8), entry(1, .settled, cost: 2, task: 9)]
        #expect(audit(twice).findings.map(\.finding) == [.billedTwice])
        let other = audit([entry(1, .settled, cost: 2)], [measurement(1, cost: 3)])
        #expect(other.findings.map(\.finding) == [.priceDiffers])
        let unpaid = audit([entry(1, .submitted, task: 8)], [measurement(1, cost: 3)])
        #expect(unpaid.findings.map(\.finding) == [.measuredUnpaid])
        #expect(audit([], [measurement(1, cost: 3)]).findings.map(\.job) == [1])
        let undone = audit([entry(1, .settled, cost: 2), entry(1, .released)])
        #expect(undone.findings.map(\.finding) == [.settledAndReleased])
    }
}
