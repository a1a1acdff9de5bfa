import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages
import Terminal

/// `tandem control show|kill-switch|mode`: operator settings on the compacted control topic.
struct Control: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or change operator settings: kill switch, mode.",
        subcommands: [Show.self, KillSwitch.self, SetMode.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the settings in force, the model and the devices.")
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        private struct State: Encodable {
            let killSwitch: Bool
            let mode: String?
            let model: String?
            let devices: [String: String]
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
            let state = State(
                killSwitch: snapshot.killSwitch, mode: snapshot.mode?.rawValue,
                model: snapshot.model?.identity.slice.string,
                devices: Dictionary(
                    snapshot.devices.map { ($0.device, $0.state.rawValue) },
                    uniquingKeysWith: { $1 }))
            if outputOptions.isJSON { return try JSONOutput.print(state) }
            var table = TextTable(columns: [.init("setting"), .init("value")])
            table.addRow(["kill switch", state.killSwitch ? "on" : "off"])
            table.addRow(["mode", state.mode ?? "as configured in admission"])
            table.addRow(["model", state.model ?? "none published"])
            for (device, condition) in state.devices.sorted(by: { $0.key < $1.key }) {
                table.addRow(["device \(device)", condition])
            }
            Console.print(table.rendered(style: Console.outputStyle))
        }
    }

    struct KillSwitch: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kill-switch",
            abstract: "Stop all quantum calls everywhere, or allow them.")
        @Argument(help: "on or off.") var value: String
        @Option(help: "Why; kept with the setting.") var why = ""
        @OptionGroup var configurationOptions: ConfigurationOptions

        func validate() throws {
            guard ["on", "off"].contains(value) else {
                throw ValidationError("the kill switch is '\(value)'; allowed: on, off")
            }
        }

        func run() throws {
            try Control.set(.killSwitch, value, why: why, configurationOptions)
        }
    }

    struct SetMode: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mode", abstract: "Set the mode for every admission instance.")
        @Argument(help: "off, shadow, canary or live.") var mode: ModeArgument
        @Option(help: "Why; kept with the setting.") var why = ""
        @OptionGroup var configurationOptions: ConfigurationOptions

        func run() throws {
            try Control.set(.mode, mode.mode.rawValue, why: why, configurationOptions)
        }
    }

    private static func set(
        _ setting: ControlMessage.Setting, _ value: String, why: String,
        _ options: ConfigurationOptions
    ) throws {
        let configuration = try options.load().configuration
        let session = try Topics.session(configuration)
        var message = ControlMessage()
        message.setting = setting
        message.value = value
        message.by = ProcessInfo.processInfo.userName
        message.why = why
        message.at = SystemTimeSource().now()
        try ModelPublisher.set(message, on: session.address)
        Console.print("\(setting.rawValue) is \(value)")
    }
}
