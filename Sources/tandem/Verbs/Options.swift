import ArgumentParser
import Configuration
import Foundation
import KafkaTransport

/// Where the configuration comes from; shared by every verb that has one.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Brokers, host:port[,host:port]; none starts the embedded cluster.",
            valueName: "host:port"))
    var brokers: String?

    @Option(help: ArgumentHelp("Configuration file (YAML).", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "One setting, such as admission.maximumInFlight=100; repeatable.",
            valueName: "key=value"))
    var settings: [String] = []

    /// Defaults < file < environment < flags.
    ///
    /// - Parameter overrides: settings of a verb's own flags; `--set` wins over them.
    func load(overrides: [String] = []) throws -> EffectiveConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let path = config ?? environment["TANDEM_CONFIG"]
        var text: String?
        if let path {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure("cannot read the configuration file '\(path)'")
            }
            text = String(decoding: data, as: UTF8.self)
        }
        var flags = overrides
        if let brokers { flags.append("brokers=\(brokers)") }
        do {
            return try ConfigurationLoader.load(
                file: text, fileName: path, environment: environment, overrides: flags + settings,
                checkProperty: Self.refusal)
        } catch {
            throw CommandFailure(error.description)
        }
    }
}

extension ConfigurationOptions {
    /// Asks librdkafka, so that a bad property ends the command before anything is connected.
    private static func refusal(of name: String, _ value: String) -> PropertyRefusal? {
        let table = KafkaPropertyTable.library
        switch table.refusal(of: value, for: name) {
        case nil: return nil
        case .unknownName: return .unknownName(known: table.names)
        case .invalid(let allowed): return .invalid(allowed: allowed)
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

struct OutputOptions: ParsableArguments {
    @Option(help: "text for people, json for machines (standard output holds the JSON alone).")
    var output = OutputFormat.text

    var isJSON: Bool { output == .json }
}
