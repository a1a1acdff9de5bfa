import Contracts
import Determinism

/// How long the kill switch took: by what admission wrote to `verdicts` after it was set.
///
/// A partition of `verdicts` is written by whoever owns it, in the order of its decisions: the first
/// verdict with reason `killSwitch` there ends the admissions of that partition. Times are taken by
/// the clock of whoever looks, from before the setting was sent, and so hold the way to the topic and
/// back too: upper bounds. The instances' own clocks are told beside them.
struct KillSwitchEffect {
    struct Partition: Encodable, Equatable {
        let partition: Int32
        /// Verdicts seen since the switch was set.
        var verdicts = 0
        /// Admitted records seen since; and those decided since, by the instance's clock.
        var admittedSeen = 0
        var admittedDecided = 0
        /// Milliseconds after the switch was set; nil for none.
        var lastAdmittedMs: Double?
        var lastAdmittedDecidedMs: Double?
        var firstStoppedMs: Double?
        var firstStoppedDecidedMs: Double?
    }

    private(set) var partitions: [Int32: Partition] = [:]
    private let setAt: Timestamp

    /// - Parameter setAt: just before the setting was sent.
    init(setAt: Timestamp) { self.setAt = setAt }

    /// - Parameters:
    ///   - decidedAt: by the clock of the instance that decided.
    ///   - seenAt: by this clock, not before `setAt`.
    mutating func take(
        partition: Int32, reason: ReasonCode, decidedAt: Timestamp?, seenAt: Timestamp
    ) {
        var known = partitions[partition] ?? Partition(partition: partition)
        let seen = (seenAt - setAt).inMilliseconds
        let decided = decidedAt.map { ($0 - setAt).inMilliseconds }
        known.verdicts += 1
        switch reason {
        case .killSwitch:
            if known.firstStoppedMs == nil {
                known.firstStoppedMs = seen
                known.firstStoppedDecidedMs = decided
            }
        case .accepted:
            known.admittedSeen += 1
            known.lastAdmittedMs = seen
            if let decided, decided > 0 {
                known.admittedDecided += 1
                known.lastAdmittedDecidedMs = max(known.lastAdmittedDecidedMs ?? 0, decided)
            }
        default: break
        }
        partitions[partition] = known
    }

    var rows: [Partition] { partitions.values.sorted { $0.partition < $1.partition } }

    /// Every partition that had records has stopped admitting, and there was one.
    var isSettled: Bool {
        !partitions.isEmpty && partitions.values.allSatisfy { $0.firstStoppedMs != nil }
    }

    /// No partition that had records goes on admitting; true without records.
    var hasStopped: Bool { partitions.values.allSatisfy { $0.firstStoppedMs != nil } }

    /// When the last partition was seen to have stopped; nil while one has not, or none had records.
    var effectiveMs: Double? {
        guard isSettled else { return nil }
        return rows.compactMap { row in
            row.firstStoppedMs.map { max($0, row.lastAdmittedMs ?? 0) }
        }.max()
    }

    var admittedDecided: Int { rows.reduce(0) { $0 + $1.admittedDecided } }
}
