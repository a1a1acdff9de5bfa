import Foundation
import Testing

/// An embedded cluster in a process of its own, with a model on it.
struct PreparedCluster {
    let brokers: String
    private let process: RunningCommand

    /// - Parameter settings: `key=value` for the cluster.
    init(_ settings: [String] = []) async throws {
        let folder = try TemporaryFolder()
        process = try RunningCommand(["cluster"] + settings.flatMap { ["--set", $0] }, limit: 110)
        brokers = try #require(try await process.outputLines(1).first)
        let bundle = folder.path("model.json")
        for arguments in [
            ["train", "--data", BuildFolder.trainingData, "--label", "malignant", "--out", bundle],
            ["model", "publish", bundle, "--brokers", brokers],
        ] {
            let run = try await RunningCommand.run(arguments)
            try #require(run.exitCode == 0, "\(arguments): \(run.trouble)")
        }
    }

    /// Ends it, and with it what it holds.
    func stop() async {
        process.send(SIGINT)
        #expect(await process.end().exitCode == 0)
    }
}
