public import Contracts
import Determinism

/// Holds a ledger against what was measured: every job paid for at most once, and for the price that
/// its measurement states. A value without I/O; entries are taken in each partition's order.
///
///     reserved ─▶ submitted ─▶ settled
///         └───────────┴──────▶ released
///
/// Repeated entries of one state are repetitions of a crash and harmless; two settled entries under
/// different tasks of the device are the same job paid for twice. What the result cache answered is
/// settled at 0 without a task; where the same job was bought too, that bill counts.
public struct LedgerAudit: Sendable {
    /// What is wrong with one job.
    public enum Finding: String, Sendable, CaseIterable {
        /// Settled under two tasks of a device.
        case billedTwice
        /// Settled at one price, measured at another.
        case priceDiffers
        /// Measured, and paid for nowhere.
        case measuredUnpaid
        /// Released after it was settled.
        case settledAndReleased
    }

    private struct Job {
        var state = LedgerMessage.State.reserved
        var cost = 0.0
        var at = Timestamp(microseconds: 0)
        var task: UInt64?
        var measured: Double?
        var isCached = false
        var isBilledTwice = false
        var isContradictory = false
        var hasEntry = false
    }

    private var jobs: [UInt64: Job] = [:]

    public init() {}

    /// Takes the next entry of the ledger.
    public mutating func take(_ entry: LedgerMessage) {
        var job = jobs[entry.job] ?? Job()
        if job.hasEntry {
            // The other way round is a failed job that came again after a crash, and went well.
            if job.state == .settled, entry.state == .released { job.isContradictory = true }
            if job.state == .settled, entry.state == .settled, let old = job.task,
                let new = entry.task, old != new
            {
                job.isBilledTwice = true
            }
        }
        job.hasEntry = true
        // A bill that is closed is not opened again by the repetition of an earlier entry.
        let isAnswer = entry.state == .settled && entry.task == nil && job.task != nil
        if job.state != .settled || entry.state == .settled && !isAnswer {
            job.state = entry.state
            job.cost = entry.cost
            job.at = entry.at
            job.task = entry.task ?? job.task
        }
        jobs[entry.job] = job
    }

    /// Takes a measurement: of several of one job, one that succeeded counts.
    public mutating func take(_ measurement: MeasurementMessage) {
        var job = jobs[measurement.job] ?? Job()
        if measurement.status == .ok, measurement.cached == nil || job.measured == nil {
            job.measured = measurement.cost
            job.isCached = measurement.cached != nil
        }
        jobs[measurement.job] = job
    }

    /// Sums over all jobs, and each job with which something is wrong.
    public struct Report: Sendable, Equatable {
        public var jobs = 0
        public var reserved = (count: 0, cost: 0.0)
        public var submitted = (count: 0, cost: 0.0)
        public var settled = (count: 0, cost: 0.0)
        public var released = 0
        /// Jobs with a measurement that succeeded, and what these say they cost.
        public var measured = (count: 0, cost: 0.0)
        /// How many of these the result cache answered.
        public var cached = 0
        /// In order of job.
        public var findings: [(job: UInt64, finding: Finding)] = []

        /// Whether the sums agree and nothing is wrong with any job.
        public var isReconciled: Bool { findings.isEmpty }

        public static func == (left: Report, right: Report) -> Bool {
            left.jobs == right.jobs && left.reserved == right.reserved
                && left.submitted == right.submitted && left.settled == right.settled
                && left.released == right.released && left.measured == right.measured
                && left.cached == right.cached
                && left.findings.elementsEqual(right.findings, by: ==)
        }
    }

    /// Prices are compared to a millionth of the currency's unit.
    private static let tolerance = 1e-6

    public var report: Report {
        var report = Report()
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) {
            report.jobs += 1
            if job.hasEntry { Self.count(job, in: &report) }
            if let cost = job.measured {
                report.measured.count += 1
                report.measured.cost += cost
                if job.isCached { report.cached += 1 }
            }
            for finding in Self.findings(job) { report.findings.append((id, finding)) }
        }
        return report
    }

    private static func count(_ job: Job, in report: inout Report) {
        switch job.state {
        case .reserved:
            report.reserved.count += 1
            report.reserved.cost += job.cost
        case .submitted:
            report.submitted.count += 1
            report.submitted.cost += job.cost
        case .settled:
            report.settled.count += 1
            report.settled.cost += job.cost
        case .released: report.released += 1
        }
    }

    private static func findings(_ job: Job) -> [Finding] {
        var found: [Finding] = []
        if job.isBilledTwice { found.append(.billedTwice) }
        if job.isContradictory { found.append(.settledAndReleased) }
        guard let measured = job.measured else { return found }
        if !job.hasEntry || job.state != .settled {
            found.append(.measuredUnpaid)
        } else if abs(measured - job.cost) > tolerance {
            found.append(.priceDiffers)
        }
        return found
    }
}
