import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages
import Terminal

/// `tandem control …`: operators' settings on the compacted control topic.
struct Control: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or change operators' settings: kill switch, mode, budgets, limits.",
        discussion: """
            Running stages obey within a second, without a restart. Who changed what, when and why is \
            kept on the topic for ever: 'tandem control history'.
            """,
        subcommands: [
            Show.self, KillSwitch.self, SetMode.self, SetBudget.self, SetLimit.self, History.self,
        ])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the settings in force, the model and the devices.")
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        private struct State: Encodable {
            let killSwitch: Bool
            let mode: String?
            let canaryPercent: Double?
            let budgets: [String: Double]
            let limits: [String: Double]
            let model: String?
            let devices: [String: String]
            let settings: [ControlChange]
            /// The last change's place on `control`; left out where nothing was ever set.
            let version: Int64?
            let instances: [InstanceState]
        }

        /// What one stage of one process has in force.
        private struct InstanceState: Encodable {
            let stage: StageName
            let instance: String
            let version: Int64?
            /// Whether that is the last change.
            let isCurrent: Bool
            let since: String
            /// Of admission: the policy's fingerprint, as decisions carry it.
            let policy: String?
            let heardMs: Double
            let isSilent: Bool

            init(_ entry: InstanceTable.Entry, latest: Int64, now: Timestamp) {
                let message = entry.message
                stage = message.stage
                instance = message.instance
                version = message.control >= 0 ? message.control : nil
                isCurrent = message.control >= latest
                since = message.since.rfc3339
                policy = message.policy.map { Hex.digits($0) }
                heardMs = max(0, (now - entry.heardAt).inMilliseconds)
                isSilent = now - entry.heardAt >= InstanceTable.lifetime
            }

            var condition: String {
                let change = version.map { "change \($0)" } ?? "nothing set"
                let own = change + (policy.map { ", policy \($0)" } ?? "")
                let text = isCurrent ? own : "BEHIND: " + own
                guard isSilent else { return text }
                return text + ", silent for \(Format.duration(milliseconds: heardMs))"
            }
        }

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            let session = try Topics.session(configuration)
            let follower = try ControlFollower(
                session.address, modelName: configuration.model, log: ClusterSession.log)
            defer { follower.stop() }
            guard follower.waitUntilCaughtUp(seconds: 10) else {
                throw CommandFailure("the control topics cannot be read: no answer within 10 s")
            }
            let snapshot = follower.snapshot
            let watch = try ControlWatch(session.address).state
            let current = watch.log.current
            let now = SystemTimeSource().now()
            let instances = watch.table.entries(of: StageName.allCases)
                .filter { now - $0.heardAt < InstanceTable.doubt }
            let state = State(
                killSwitch: snapshot.killSwitch, mode: snapshot.mode?.rawValue,
                canaryPercent: snapshot.canaryShare.map { $0 * 100 },
                budgets: snapshot.budgets, limits: snapshot.limits,
                model: snapshot.model?.identity.slice.string,
                devices: Dictionary(
                    snapshot.deviceStatuses.map { ($0.device, $0.state.rawValue) },
                    uniquingKeysWith: { $1 }),
                settings: current.sorted { $0.key < $1.key }.map { ControlChange($0.value) },
                version: watch.latest >= 0 ? watch.latest : nil,
                instances: instances.map { InstanceState($0, latest: watch.latest, now: now) })
            if outputOptions.isJSON { return try JSONOutput.print(state) }
            Console.print(Self.table(current, state).rendered(style: Console.outputStyle))
        }

        private static func table(_ current: [String: ControlMessage], _ state: State) -> TextTable
        {
            var table = TextTable(columns: [
                .init("setting"), .init("value"), .init("by"), .init("at"), .init("why"),
            ])
            func add(_ title: String, _ key: String, unset: String) {
                let set = current[key]
                table.addRow([
                    title, set.map(\.shown) ?? unset, set?.by ?? "", set?.at.rfc3339 ?? "",
                    set?.why ?? "",
                ])
            }
            add("kill switch", "kill-switch", unset: "off")
            add("mode", "mode", unset: "as configured in admission")
            for key in current.keys.sorted() where key.contains("/") {
                add(key, key, unset: "")
            }
            table.addRow(["model", state.model ?? "none published"])
            for (device, condition) in state.devices.sorted(by: { $0.key < $1.key }) {
                table.addRow(["device \(device)", condition])
            }
            for instance in state.instances {
                table.addRow([
                    "\(instance.stage.rawValue) \(instance.instance)", instance.condition, "",
                    instance.since,
                ])
            }
            return table
        }
    }

    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every change of a setting: who, when and why, oldest first.")
        @Option(help: "The newest so many, 1 to 1,000,000.") var limit = 100
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func validate() throws {
            guard (1...1_000_000).contains(limit) else {
                throw ValidationError("--limit is \(limit); it must be 1 to 1,000,000")
            }
        }

        func run() throws {
            let session = try Topics.session(try configurationOptions.load().configuration)
            StopSignal.shared.install()
            let changes = try ControlLog(session.address).changes
            let shown = changes.suffix(limit)
            if outputOptions.isJSON { return try JSONOutput.print(shown.map { ControlChange($0) }) }
            guard !shown.isEmpty else { return Console.print("no setting was ever changed") }
            if shown.count < changes.count {
                Console.note("the newest \(shown.count) of \(Format.count(changes.count))")
            }
            var table = TextTable(columns: [
                .init("at"), .init("setting", maximumWidth: 40), .init("value"), .init("by"),
                .init("why"),
            ])
            for change in shown {
                table.addRow([
                    change.at.rfc3339, change.key, change.shown, change.by, change.why,
                ])
            }
            Console.print(table.rendered(style: Console.outputStyle))
        }
    }
}

/// A change as JSON.
struct ControlChange: Encodable {
    let setting: String
    let name: String?
    let value: String
    let percent: Double?
    let drill: Bool
    let by: String
    let at: String
    let why: String

    init(_ message: ControlMessage) {
        setting = message.setting.rawValue
        name = message.name
        value = message.value
        percent = message.percent
        drill = message.drill
        by = message.by
        at = message.at.rfc3339
        why = message.why
    }
}
