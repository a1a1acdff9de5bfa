import Contracts
import Determinism
import Terminal

/// Who has a change in force, and how long that took: by what instances say on `instances`.
///
/// The change is known by the offset that it got on `control`, and an instance that says this offset
/// or a later one has it. Times are by the clock of whoever looks, from before the change was sent,
/// and so hold the way to the cluster and back: upper bounds. Those of the instances' own clocks
/// stand beside them.
struct Acknowledgements {
    /// How one instance took a change.
    struct Row: Encodable, Equatable {
        let stage: StageName
        let instance: String
        /// Whether it has the change in force.
        let acknowledged: Bool
        /// Milliseconds after the change was sent, until that was seen here.
        var seenMs: Double?
        /// The same until it came into force, by the instance's clock.
        var inForceMs: Double?
        /// Whether it has been silent for longer than an instance that lives.
        var isSilent = false
        /// Milliseconds since it was heard of last.
        var heardMs: Double
    }

    private struct Step {
        let control: Int64
        let since: Timestamp
        let seenAt: Timestamp
    }

    private(set) var table = InstanceTable()
    /// The settings in force and their history, as `control` says.
    private(set) var log = ControlLog()
    /// The offset of the last change; -1 for none.
    private(set) var latest: Int64 = -1
    private var change: (message: ControlMessage, bytes: [UInt8], at: Timestamp)?
    private var offset: Int64?
    private var steps: [String: [Step]] = [:]
    private let parser = JSONParser()

    init() {}

    /// Begins to wait for a change that is sent next.
    mutating func begin(_ message: ControlMessage, at instant: Timestamp) {
        var bytes = ByteWriter(capacity: 512)
        message.write(into: &bytes)
        change = (message, bytes.contents, instant)
        offset = nil
        steps.removeAll()
    }

    /// Takes a message of `control` in.
    mutating func takeControl(key: ByteSlice?, value: ByteSlice?, offset: Int64) {
        log.take(key: key, value: value)
        guard let value else { return }
        latest = max(latest, offset)
        guard let change, key?.string == change.message.key, value.bytes == change.bytes else {
            return
        }
        self.offset = offset
    }

    /// Takes a message of `instances` in.
    ///
    /// - Parameter seenAt: by this clock; nil for what stood there before it was looked.
    mutating func takeInstance(key: ByteSlice?, value: ByteSlice?, seenAt: Timestamp?) {
        guard let message = table.take(key: key, value: value, seenAt: seenAt, with: parser),
            let seenAt, change != nil
        else { return }
        // The change itself may be read back later than what it does.
        var known = steps[message.key] ?? []
        guard known.last.map({ $0.control < message.control }) ?? true else { return }
        known.append(Step(control: message.control, since: message.since, seenAt: seenAt))
        steps[message.key] = known
    }

    /// One for each instance that the change is meant for, in order of stage and name; none for
    /// those that have been silent for ten minutes.
    func rows(now: Timestamp) -> [Row] {
        guard let change else { return [] }
        return table.entries(of: change.message.setting.obeyedBy).compactMap { entry in
            let message = entry.message
            guard now - entry.heardAt < InstanceTable.doubt else { return nil }
            let step = offset.flatMap { offset in
                steps[message.key]?.first { $0.control >= offset }
            }
            return Row(
                stage: message.stage, instance: message.instance, acknowledged: step != nil,
                seenMs: step.map { ($0.seenAt - change.at).inMilliseconds },
                inForceMs: step.map { ($0.since - change.at).inMilliseconds },
                isSilent: now - entry.heardAt >= InstanceTable.lifetime,
                heardMs: max(0, (now - entry.heardAt).inMilliseconds))
        }
    }

    /// Whether every instance that lives has the change.
    ///
    /// One that was silent when the looking began may live all the same, with a clock that is
    /// behind: for a moment it is listened for.
    func isSettled(now: Timestamp) -> Bool {
        guard let change, offset != nil else { return false }
        let rows = rows(now: now)
        if rows.contains(where: { !$0.acknowledged && !$0.isSilent }) { return false }
        return rows.allSatisfy(\.acknowledged) || now - change.at >= Self.patience
    }

    /// One heartbeat and a half.
    private static let patience = TimeSpan.milliseconds(1_500)
}

/// How a change came into force, for people and machines.
struct AcknowledgementReport: Encodable {
    /// Whether every instance that lives has it; left out where none is known.
    let acknowledged: Bool?
    /// Until the last of them was seen to have it; left out where one has not, or none is known.
    let acknowledgedMs: Double?
    let instances: [Acknowledgements.Row]
    /// Members of the consumer groups beyond the instances that report, by stage: they may be of an
    /// older version, or gone a moment ago. Empty on a cluster that does not tell.
    let unreported: [String: Int]

    init(_ rows: [Acknowledgements.Row], members: [StageName: Int] = [:]) {
        instances = rows
        let living = rows.filter { !$0.isSilent || $0.acknowledged }
        acknowledged = living.isEmpty ? nil : living.allSatisfy(\.acknowledged)
        acknowledgedMs = acknowledged == true ? living.compactMap(\.seenMs).max() : nil
        var unreported: [String: Int] = [:]
        for (stage, count) in members {
            let excess = count - living.count { $0.stage == stage }
            if excess > 0 { unreported[stage.rawValue] = excess }
        }
        self.unreported = unreported
    }

    /// What is wrong; nil when every living instance has the change.
    var failure: String? {
        let missing = instances.filter { !$0.acknowledged && !$0.isSilent }
        guard !missing.isEmpty else { return nil }
        let names = missing.map { row in
            "\(row.stage.rawValue) of \(row.instance) (heard "
                + "\(Format.duration(milliseconds: row.heardMs)) ago)"
        }
        return "NOT in force everywhere: no word from \(names.joined(separator: ", "))"
    }

    /// One line about all of them.
    func summary(of stages: [StageName]) -> String {
        guard let acknowledged else {
            let names = stages.map(\.rawValue).joined(separator: ", ")
            return "no instance runs (\(names)): it holds for those that start"
        }
        guard acknowledged, let acknowledgedMs else { return failure ?? "" }
        let count = instances.count { $0.acknowledged }
        let all = count == 1 ? "the one stage instance" : "all \(count) stage instances"
        return "in force in \(all) within \(Format.duration(milliseconds: acknowledgedMs))"
    }

    /// One row for each instance; nil where there is none.
    var table: TextTable? {
        guard !instances.isEmpty else { return nil }
        var table = TextTable(columns: [
            .init("stage"), .init("instance"), .init("in force: its clock", .trailing),
            .init("seen", .trailing), .init("note"),
        ])
        for row in instances {
            let heard = Format.duration(milliseconds: row.heardMs)
            let note =
                row.acknowledged
                ? "" : row.isSilent ? "silent for \(heard): gone, or cut off" : "NOT in force"
            let times = [row.inForceMs, row.seenMs].map {
                $0.map { Format.duration(milliseconds: $0) } ?? Format.missing
            }
            table.addRow([row.stage.rawValue, row.instance] + times + [note])
        }
        return table
    }

    /// Tells people: what is wrong is the command's failure, not told here.
    func print(_ setting: ControlMessage.Setting) {
        if failure == nil { Console.print(summary(of: setting.obeyedBy)) }
        if let table { Console.print(table.rendered(style: Console.outputStyle)) }
        for doubt in doubts { Console.note(doubt) }
    }

    /// What cannot be known from here; empty for nothing.
    var doubts: [String] {
        unreported.sorted { $0.key < $1.key }.map { stage, count in
            "the group of \(stage) has \(count) more \(count == 1 ? "member" : "members") than "
                + "instances that report: of an older version, or gone a moment ago"
        }
    }
}
