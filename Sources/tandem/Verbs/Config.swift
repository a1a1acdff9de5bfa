import ArgumentParser
import Configuration

/// `tandem config check|print`.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check or print the configuration.", subcommands: [Check.self, Print.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check file, environment and flags together; every problem is named.")
        @OptionGroup var configurationOptions: ConfigurationOptions
        @Argument(help: "A configuration file, as with --config.") var file: String?

        func run() throws {
            var options = configurationOptions
            options.config = file ?? options.config
            _ = try options.load()
            Console.print("the configuration is good")
        }
    }

    struct Print: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the effective configuration and where each setting came from.")
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions
        @Flag(help: "Print a commented file with every key at its default instead.")
        var reference = false

        func run() throws {
            if reference {
                let text = ConfigurationReference.annotatedYAML()
                // The console ends the last line itself.
                return Console.print(String(text.dropLast(text.hasSuffix("\n") ? 1 : 0)))
            }
            let effective = try configurationOptions.load()
            Console.print(outputOptions.isJSON ? effective.json : effective.rendered())
        }
    }
}
