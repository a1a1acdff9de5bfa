import ArgumentParser
import Configuration
import Foundation
import KafkaTransport

/// `tandem`: the command, one file per verb under `Verbs/`.
@main
struct Tandem: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "Runs a quantum scorer in tandem with the scorer you trust, over Kafka.",
        discussion: "Start with: tandem demo",
        version: "0.1.0",
        subcommands: [
            Demo.self, Run.self, Cluster.self, Topics.self, Train.self, Model.self, Publish.self,
            Watch.self, Status.self, Rejects.self, Ledger.self, ShowTopology.self, Config.self,
            Control.self, Devices.self, Estimate.self, Doctor.self, Bench.self, Chaos.self,
            Simulate.self, ScenarioVerb.self, CircuitVerb.self, Explain.self, AdmissionVerb.self,
        ])

    /// Exit codes: 0 done, 1 failed, 2 wrong use; 130 when stopped twice.
    static func main() {
        Allocator.keepLargeBlocks()
        // The parser answers `help demoo` and `demoo --help` with the overview and success.
        if let line = UsageError.unknownVerb(CommandLine.arguments) {
            Console.note("tandem: \(line)")
            Foundation.exit(2)
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            Foundation.exit(report(error))
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        let code = exitCode(for: error)
        if code == .success {
            Console.print(fullMessage(for: error))
            return 0
        }
        Console.endProgress()
        if code == .validationFailure {
            Console.note("tandem: \(UsageError.line(message(for: error), CommandLine.arguments))")
            return 2
        }
        Console.note("tandem: \(error)")
        return 1
    }
}

/// What a user is told who called the command wrongly: one line, with what to read next.
enum UsageError {
    /// - Parameters:
    ///   - message: the argument parser's.
    ///   - arguments: the whole command line.
    static func line(_ message: String, _ arguments: [String]) -> String {
        let text = message.replacing("\n", with: " ")
        let path = walk(arguments).path
        return text + seeAlso(path, after: text)
    }

    /// The line for a word in a verb's place that is none; nil when there is no such word.
    static func unknownVerb(_ arguments: [String]) -> String? {
        let (path, stop) = walk(arguments)
        guard let (word, verbs) = stop else { return nil }
        let text = Suggestion.unknown("verb", word, among: verbs)
        return text + seeAlso(path, after: text)
    }

    private static func seeAlso(_ path: [String], after text: String) -> String {
        let isSentence = text.hasSuffix(".") || text.hasSuffix("?")
        return (isSentence ? " See" : "; see") + " '\(path.joined(separator: " ")) --help'"
    }

    /// Follows verbs up to a flag, a verb that has none below it, or a word that is no verb.
    private static func walk(
        _ arguments: [String]
    ) -> (path: [String], stop: (word: String, verbs: [String])?) {
        var verb: any ParsableCommand.Type = Tandem.self
        var path = ["tandem"]
        var words = arguments.dropFirst()
        // `help` may stand before the verbs, and itself be asked about.
        if words.first == "help" { words = words.dropFirst() }
        if words.first == "help" { return (path, nil) }
        for word in words {
            let verbs = verb.configuration.subcommands
            guard !verbs.isEmpty, !word.hasPrefix("-") else { break }
            guard let next = verbs.first(where: { $0._commandName == word }) else {
                return (path, (word, verbs.map { $0._commandName }))
            }
            verb = next
            path.append(word)
        }
        return (path, nil)
    }
}
