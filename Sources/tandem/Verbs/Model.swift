import ArgumentParser
import Configuration
import Foundation
import Models

/// `tandem model publish`.
struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish model bundles.", subcommands: [PublishModel.self])

    struct PublishModel: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "publish",
            abstract: "Put a bundle on the models topic, from which every stage takes it.")

        @Argument(help: "A bundle written by 'tandem train'.")
        var bundle: String

        @OptionGroup var configurationOptions: ConfigurationOptions

        func run() throws {
            let configuration = try configurationOptions.load().configuration
            guard let data = FileManager.default.contents(atPath: bundle) else {
                throw CommandFailure("cannot read the model bundle '\(bundle)'")
            }
            let model: ModelBundle
            do {
                model = try ModelBundle(decoding: [UInt8](data))
            } catch {
                throw CommandFailure("'\(bundle)' is not a usable model bundle: \(error)")
            }
            let session = try Topics.session(configuration)
            try ModelPublisher.publish(model, name: configuration.model, to: session.address)
            Console.print(
                "published \(model.name)@\(model.version) as '\(configuration.model)' on "
                    + "\(configuration.topicPrefix)models")
        }
    }
}
