import ArgumentParser
import Configuration
import Foundation

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
            Watch.self, ShowTopology.self, Config.self, Control.self, Doctor.self, Bench.self,
            CircuitVerb.self,
        ])

    /// Exit codes: 0 done, 1 failed, 2 wrong use; 130 when stopped twice.
    static func main() {
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
        if code == .validationFailure {
            Console.note(withSuggestion(fullMessage(for: error)))
            return 2
        }
        Console.endProgress()
        Console.note("tandem: \(error)")
        return 1
    }

    /// Adds what was probably meant to a message about an unknown verb.
    private static func withSuggestion(_ message: String) -> String {
        let verbs = configuration.subcommands.map { $0._commandName }
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"),
            !verbs.contains(word)
        else { return message }
        let list = verbs.joined(separator: ", ")
        return "Error: unknown verb '\(word)'\(Suggestion.phrase(for: word, among: verbs))\n"
            + "Verbs: \(list)\nSee 'tandem --help'."
    }
}
