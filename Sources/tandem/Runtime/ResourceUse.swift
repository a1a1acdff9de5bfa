import Contracts
import Foundation
import Stages

/// What a run cost this process: CPU of all threads and of each stage's own, and memory as it went
/// on.
struct ResourceUse: Encodable, Sendable {
    struct Stage: Encodable, Sendable {
        let stage: String
        let received: Int
        let emitted: Int
        let rejected: Int
        /// Of the stage's own thread, per record of the run; the Kafka client's threads are in the
        /// total only.
        let cpuMicrosPerRecord: Double
        /// Messages consumed by a turn of the loop that consumed any: what each turn's fixed cost
        /// is shared by.
        let messagesPerTurn: Double
    }

    struct Memory: Encodable, Sendable {
        let records: Int
        let residentMB: Double
    }

    /// User and system time of the whole process, embedded cluster, publisher and collector
    /// included.
    let cpuMicrosPerRecord: Double
    let stages: [Stage]
    let memory: [Memory]

    /// CPU seconds of the process so far.
    static var processSeconds: Double {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
        return user + Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
    }

    /// Resident memory now, in 10⁶ bytes; nil where /proc does not tell.
    static var residentMB: Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
    }
}

/// Measures from its making to `finish`.
struct ResourceMeter {
    private let cpu = ResourceUse.processSeconds
    private let before: [StageReport]
    private var memory: [ResourceUse.Memory] = []
    private var nextSample = 0
    private let step: Int

    init(_ host: StageHost, records: Int) {
        before = host.reports
        step = max(1, records / 10)
    }

    /// Notes resident memory ten times over the run.
    mutating func sample(records: Int) {
        guard records >= nextSample, let resident = ResourceUse.residentMB else { return }
        memory.append(.init(records: records, residentMB: resident))
        nextSample = records + step
    }

    func finish(_ host: StageHost, records: Int) -> ResourceUse {
        let perRecord = 1e6 / Double(max(1, records))
        let stages = zip(before, host.reports).map { old, new in
            ResourceUse.Stage(
                stage: new.stage.rawValue, received: new.counters.received,
                emitted: new.counters.emitted, rejected: new.counters.rejected,
                cpuMicrosPerRecord: (new.cpuSeconds - old.cpuSeconds) * perRecord,
                messagesPerTurn: Double(new.counters.received - old.counters.received)
                    / Double(max(1, new.turns - new.idleTurns - old.turns + old.idleTurns)))
        }
        return ResourceUse(
            cpuMicrosPerRecord: (ResourceUse.processSeconds - cpu) * perRecord, stages: stages,
            memory: memory)
    }
}
