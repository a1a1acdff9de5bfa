import ArgumentParser
import Configuration
import Contracts
import Foundation
import KafkaTransport
import Models
import Terminal

/// `tandem doctor`: what this machine and this cluster can do, and what to mend.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check libraries, configuration, cluster, topics and model.")

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var outputOptions: OutputOptions

    struct Finding: Encodable {
        enum Level: String, Encodable { case good, advice, bad }
        let check: String
        let level: Level
        let finding: String
    }

    func run() throws {
        var findings = [
            Finding(check: "librdkafka", level: .good, finding: KafkaAdmin.libraryVersion),
            Finding(
                check: "assignor", level: .good,
                finding: "range, static membership with --instance: cooperative-sticky has known "
                    + "defects in librdkafka 2.0.2"),
            jsonFinding(), trainingFinding(),
        ]
        do {
            let configuration = try configurationOptions.load().configuration
            findings.append(
                Finding(check: "configuration", level: .good, finding: "no unknown or bad setting"))
            findings += clusterFindings(configuration)
        } catch {
            findings.append(Finding(check: "configuration", level: .bad, finding: "\(error)"))
        }
        try show(findings)
        if findings.contains(where: { $0.level == .bad }) { throw ExitCode(1) }
    }

    private func jsonFinding() -> Finding {
        let bytes = Array(#"{"id":"a","features":[1.5]}"#.utf8)
        let works = (try? JSONParser.withDocument(bytes) { $0["features"]?.count == 1 }) ?? false
        return Finding(
            check: "simdjson", level: works ? .good : .bad,
            finding: works ? "parses" : "does not parse a plain object")
    }

    /// Trains on a small made-up table: LAPACKE, OpenBLAS and the simulator in one go.
    private func trainingFinding() -> Finding {
        let rows = 60
        let features = (0..<rows * 3).map { (index: Int) -> Double in
            let scatter = Double((index &* 2_654_435_761) % 1_000) / 500
            return scatter + Double(index / 3 % 2)
        }
        let table = CSVTable(
            source: "self-test", featureNames: ["a", "b", "c"], features: features,
            labels: (0..<rows).map { $0 % 2 })
        var training = TrainingConfiguration()
        training.qubits = 2
        do {
            let bundle = try Training.train(table, training)
            return Finding(
                check: "linear algebra", level: .good,
                finding: "trained a test model, \(bundle.version)")
        } catch {
            return Finding(check: "linear algebra", level: .bad, finding: "\(error)")
        }
    }

    private func clusterFindings(_ configuration: TandemConfiguration) -> [Finding] {
        do {
            let session = try ClusterSession(configuration)
            let admin = try KafkaAdmin(session.address, log: { _, _ in })
            _ = try admin.topics(prefix: configuration.topicPrefix)
            var findings = [
                Finding(
                    check: "cluster", level: session.address.isEmbedded ? .advice : .good,
                    finding: session.address.isEmbedded
                        ? "embedded (in memory, at-least-once); name a real one with --brokers"
                        : "answers at \(session.address.brokers)")
            ]
            do {
                try session.requireTopics()
                findings.append(
                    Finding(check: "topics", level: .good, finding: "all there, equal partitions"))
            } catch {
                findings.append(Finding(check: "topics", level: .bad, finding: "\(error)"))
            }
            return findings
        } catch {
            return [Finding(check: "cluster", level: .bad, finding: "\(error)")]
        }
    }

    private func show(_ findings: [Finding]) throws {
        if outputOptions.isJSON { return try JSONOutput.print(findings) }
        var table = TextTable(columns: [
            .init("check"), .init("result"), .init("finding", maximumWidth: 100),
        ])
        for finding in findings {
            let look: Style.Look =
                finding.level == .good ? .green : finding.level == .bad ? .red : .yellow
            table.addRow([
                .init(finding.check), .init(finding.level.rawValue, look: look),
                .init(finding.finding),
            ])
        }
        Console.print(table.rendered(style: Console.outputStyle))
    }
}
