import Foundation
import Testing

/// One way to use the command wrongly.
struct WrongUse: Sendable, CustomTestStringConvertible {
    let what: String
    let arguments: [String]
    let exitCode: Int32
    /// Words that the message must contain: what is wrong, and what to do where it is known.
    let words: [String]
    /// Files to write first, by name; `%/` in an argument is their folder.
    var files: [String: String] = [:]

    var testDescription: String { what }

    private static let rows = (0..<60).map { row in
        "\(Double(row * 37 % 60) / 7),7,\(Double(row * 23 % 60) / 3),\(row % 2)"
    }
    private static let constant = (["a,same,c,y"] + rows).joined(separator: "\n")

    static let all: [WrongUse] = [
        WrongUse(
            what: "an unknown flag", arguments: ["demo", "--recrods", "5"], exitCode: 2,
            words: ["--recrods", "--records"]),
        WrongUse(
            what: "an unknown verb", arguments: ["demoo"], exitCode: 2,
            words: ["demoo", "did you mean 'demo'?", "Allowed: demo, run"]),
        WrongUse(
            what: "an unknown verb of a group", arguments: ["topics", "lst"], exitCode: 2,
            words: ["unknown verb 'lst'; did you mean 'list'?", "'tandem topics --help'"]),
        WrongUse(
            what: "an unknown verb of a group with more behind it",
            arguments: ["control", "kill-swich", "on"], exitCode: 2,
            words: ["unknown verb 'kill-swich'; did you mean 'kill-switch'?"]),
        WrongUse(
            what: "help on an unknown verb", arguments: ["help", "demoo"], exitCode: 2,
            words: ["unknown verb 'demoo'; did you mean 'demo'?", "'tandem --help'"]),
        WrongUse(
            what: "help on an unknown verb of a group", arguments: ["help", "topics", "lst"],
            exitCode: 2,
            words: ["unknown verb 'lst'; did you mean 'list'?", "'tandem topics --help'"]),
        WrongUse(
            what: "an unknown verb with --help behind it", arguments: ["demoo", "--help"],
            exitCode: 2, words: ["unknown verb 'demoo'; did you mean 'demo'?"]),
        WrongUse(
            what: "an unknown verb of a group with --help behind it",
            arguments: ["topics", "lst", "--help"], exitCode: 2,
            words: ["unknown verb 'lst'; did you mean 'list'?"]),
        WrongUse(
            what: "help with an unknown flag", arguments: ["help", "demo", "--recrods"],
            exitCode: 2, words: ["--recrods", "'tandem demo --help'"]),
        WrongUse(
            what: "an unknown flag of a group's verb",
            arguments: ["topics", "list", "--outptu", "json"], exitCode: 2,
            words: ["--outptu", "--output", "'tandem topics list --help'"]),
        WrongUse(
            what: "an unknown stage", arguments: ["run", "ingestoin", "--brokers", "127.0.0.1:1"],
            exitCode: 2, words: ["'ingestoin'; did you mean 'ingestion'? Allowed: ingestion, "]),
        WrongUse(
            what: "an unknown topic", arguments: ["watch", "socres", "--brokers", "127.0.0.1:1"],
            exitCode: 2, words: ["'socres'; did you mean 'scores'? Allowed: records, "]),
        WrongUse(
            what: "an unknown error code of rejects",
            arguments: ["rejects", "list", "--code", "missingKeys", "--brokers", "127.0.0.1:1"],
            exitCode: 2, words: ["'missingKeys'; did you mean 'missingKey'?"]),
        WrongUse(
            what: "a time that is none",
            arguments: ["rejects", "list", "--since", "noon", "--brokers", "127.0.0.1:1"],
            exitCode: 2, words: ["--since is 'noon'", "15m"]),
        WrongUse(
            what: "a reject's position that is none",
            arguments: ["rejects", "show", "3", "--brokers", "127.0.0.1:1"], exitCode: 2,
            words: ["'3' is no position", "PARTITION:OFFSET"]),
        WrongUse(
            what: "a mode that does not exist", arguments: ["demo", "--mode", "alive"],
            exitCode: 2, words: ["alive", "live"]),
        WrongUse(
            what: "no records", arguments: ["demo", "--records", "0"], exitCode: 2,
            words: ["--records is 0", "1 to"]),
        WrongUse(
            what: "too many qubits", arguments: ["demo", "--qubits", "13"], exitCode: 2,
            words: ["--qubits is 13", "2 to 12"]),
        WrongUse(
            what: "an outage that is none", arguments: ["demo", "--qpu-outage", "soon"],
            exitCode: 2, words: ["--qpu-outage", "soon", "start:duration"]),
        WrongUse(
            what: "a circuit file that is not there",
            arguments: ["circuit", "show", "no-such-file.qasm"], exitCode: 1,
            words: ["no-such-file.qasm"]),
        WrongUse(
            what: "a circuit with an unknown gate",
            arguments: ["circuit", "run", "%/wrong.qasm", "--exact"], exitCode: 1,
            words: ["wrong.qasm", "line 2, column 1", "no gate 'hh'"],
            files: ["wrong.qasm": "qubit q;\nhh q;\n"]),
        WrongUse(
            what: "a circuit with an input that has no value",
            arguments: ["circuit", "run", "%/open.qasm"], exitCode: 1,
            words: ["open.qasm", "theta", "--bind"],
            files: ["open.qasm": "input float theta; qubit q; U(theta, 0, 0) q;"]),
        WrongUse(
            what: "a value for an input that a circuit does not have",
            arguments: ["circuit", "show", "%/open.qasm", "--bind", "alpha=1"], exitCode: 1,
            words: ["alpha", "theta"],
            files: ["open.qasm": "input float theta; qubit q; U(theta, 0, 0) q;"]),
        WrongUse(
            what: "no shots", arguments: ["circuit", "run", "a.qasm", "--shots", "0"], exitCode: 2,
            words: ["--shots is 0", "1 to"]),
        WrongUse(
            what: "a benchmark of no time", arguments: ["bench", "quantum", "--seconds", "0"],
            exitCode: 2, words: ["--seconds is 0", "at most 600"]),
        WrongUse(
            what: "a benchmark of no such work", arguments: ["bench", "quantum", "--only", "W9"],
            exitCode: 1, words: ["'W9'"]),
        WrongUse(
            what: "stages without a cluster", arguments: ["run", "all"], exitCode: 1,
            words: ["--brokers"]),
        WrongUse(
            what: "a broker that is not there",
            arguments: ["run", "ingestion", "--brokers", "127.0.0.1:1"], exitCode: 1,
            words: ["127.0.0.1:1", "--brokers"]),
        WrongUse(
            what: "a broker whose name nobody knows",
            arguments: ["topics", "check", "--brokers", "nobody.invalid:9092"], exitCode: 1,
            words: ["cannot resolve 'nobody.invalid:9092'", "--brokers"]),
        WrongUse(
            what: "a demo on a broker that is not there",
            arguments: ["demo", "--brokers", "127.0.0.1:1"], exitCode: 1,
            words: ["127.0.0.1:1", "--brokers"]),
        WrongUse(
            what: "a kill switch on a broker that is not there",
            arguments: ["control", "kill-switch", "on", "--brokers", "127.0.0.1:1"], exitCode: 1,
            words: ["127.0.0.1:1", "--brokers"]),
        WrongUse(
            what: "a CSV that is not there",
            arguments: ["train", "--data", "%/none.csv", "--label", "y", "--out", "%/m.json"],
            exitCode: 1, words: ["none.csv", "no such file"]),
        WrongUse(
            what: "text in a feature",
            arguments: ["train", "--data", "%/t.csv", "--label", "y", "--out", "%/m.json"],
            exitCode: 1, words: ["t.csv:3", "'b'", "'x'", "not a number; correct it"],
            files: ["t.csv": "a,b,y\n1,2,0\n1,x,1\n"]),
        WrongUse(
            what: "a label that is not 0 or 1",
            arguments: ["train", "--data", "%/l.csv", "--label", "y", "--out", "%/m.json"],
            exitCode: 1, words: ["l.csv:3", "'y'", "'2'", "0 or 1"],
            files: ["l.csv": "a,b,y\n1,2,0\n1,3,2\n"]),
        WrongUse(
            what: "a label column that is not there",
            arguments: ["train", "--data", "%/c.csv", "--label", "malign", "--out", "%/m.json"],
            exitCode: 1, words: ["c.csv", "'malign'"], files: ["c.csv": constant]),
        WrongUse(
            what: "a constant feature",
            arguments: [
                "train", "--data", "%/c.csv", "--label", "y", "--out", "%/m.json", "--qubits", "2",
            ],
            exitCode: 1, words: ["'same'", "7.0", "remove"], files: ["c.csv": constant]),
        WrongUse(
            what: "more components than features",
            arguments: [
                "train", "--data", "%/c.csv", "--label", "y", "--out", "%/m.json", "--qubits", "4",
                "--exclude", "same",
            ],
            exitCode: 1, words: ["4 components", "2; use fewer"], files: ["c.csv": constant]),
        WrongUse(
            what: "a setting of an ansatz that nobody asked for",
            arguments: [
                "train", "--data", "%/c.csv", "--label", "y", "--out", "%/m.json",
                "--ansatz-steps", "5",
            ],
            exitCode: 2, words: ["--ansatz-steps needs --ansatz", "efficient-su2"]),
        WrongUse(
            what: "one repetition of a feature map that is measured at once",
            arguments: ["demo", "--repetitions", "1"], exitCode: 2,
            words: ["--repetitions is 1", "2 to 8"]),
        WrongUse(
            what: "an ansatz that nobody knows",
            arguments: ["demo", "--ansatz", "guess"], exitCode: 2,
            words: ["'guess'", "'real-amplitudes'"]),
        WrongUse(
            what: "a bundle in a folder that is not there",
            // No data either: the place is looked at first, long before a model is trained.
            arguments: ["train", "--data", "%/none.csv", "--label", "y", "--out", "%/none/m.json"],
            exitCode: 1, words: ["none/m.json", "there is no folder", "--out"]),
        WrongUse(
            what: "a bundle in the place of a folder",
            arguments: ["train", "--data", "%/none.csv", "--label", "y", "--out", "%/"],
            exitCode: 1, words: ["it is a folder", "--out"]),
        WrongUse(
            what: "an unknown key in the configuration",
            arguments: ["demo", "--config", "%/bad.yaml"], exitCode: 1,
            words: ["bad.yaml", "'admision'", "did you mean 'admission'"],
            files: ["bad.yaml": "mode: live\nadmision:\n  burst: 3\n"]),
        WrongUse(
            what: "a property that librdkafka does not have",
            arguments: ["demo", "--set", "kafka.common.fetch.wait.ms=5"], exitCode: 1,
            words: ["'kafka.common.fetch.wait.ms'", "'kafka.common.fetch.wait.max.ms'?"]),
        WrongUse(
            what: "a property that is no number",
            arguments: ["demo", "--set", "kafka.consumer.fetch.wait.max.ms=abc"], exitCode: 1,
            words: ["'abc'", "'kafka.consumer.fetch.wait.max.ms'", "0 to 300000"]),
        WrongUse(
            what: "a session that no broker takes",
            arguments: ["demo", "--set", "kafka.consumer.session.timeout.ms=100"], exitCode: 1,
            words: ["'kafka.consumer.session.timeout.ms'", "is 100", "6000 or more"]),
        WrongUse(
            what: "a setting out of range", arguments: ["demo", "--latency-budget", "0"],
            exitCode: 1, words: ["'0'", "latencyBudgetMs", "1 to 86400000"]),
        WrongUse(
            what: "a configuration file that is not there",
            arguments: ["config", "check", "%/none.yaml"], exitCode: 1, words: ["none.yaml"]),
        WrongUse(
            what: "a model bundle that is none",
            arguments: ["model", "publish", "%/m.json", "--brokers", "127.0.0.1:1"], exitCode: 1,
            words: ["m.json", "not a usable model bundle"], files: ["m.json": "{}"]),
    ]
}

extension EndToEnd {
    @Suite("wrong use", .serialized)
    struct WrongUseTests {
        @Test(
            "names what is wrong in one line on standard error, within 5 s", arguments: WrongUse.all
        )
        func message(use: WrongUse) async throws {
            let folder = try TemporaryFolder()
            for (name, text) in use.files { _ = try folder.file(name, text) }
            let arguments = use.arguments.map { argument in
                argument.hasPrefix("%/") ? folder.path(String(argument.dropFirst(2))) : argument
            }
            // The limit kills; what takes longer has no exit code of its own.
            let run = try await RunningCommand.run(arguments, limit: 5)
            #expect(run.exitCode == use.exitCode, "\(run.trouble)")
            #expect(run.text(.output).isEmpty)
            let lines = run.lines(.errors).filter { !$0.hasPrefix("training on") }
            #expect(lines.count == 1, "\(run.text(.errors))")
            let message = lines.first ?? ""
            for word in use.words {
                #expect(message.contains(word), "'\(word)' is not in: \(run.text(.errors))")
            }
        }

        @Test(
            "of a port that is in use names host and port in one line, within 5 s",
            arguments: [
                ["demo", "--http-port", "%"], ["demo", "--set", "http.port=%"],
                ["run", "all", "--brokers", "127.0.0.1:1", "--http-port", "%"],
            ])
        func portInUse(template: [String]) async throws {
            let port = try OccupiedPort()
            let arguments = template.map { $0.replacing("%", with: "\(port.number)") }
            let run = try await RunningCommand.run(arguments, limit: 5)
            #expect(run.exitCode == 1, "\(run.trouble)")
            #expect(
                run.lines(.errors) == [
                    "tandem: 127.0.0.1:\(port.number) is in use; choose another port with http.port "
                        + "or --http-port (0: a free one)"
                ])
        }
    }
}
