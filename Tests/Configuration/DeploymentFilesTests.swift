import Configuration
import Foundation
import Testing
import Yams

@Suite("The files in deploy/")
struct DeploymentFilesTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The verbs of the command with the words that may follow each.
    static let verbs: [String: Set<String>] = [
        "demo": [], "cluster": [], "train": [], "publish": [], "watch": [], "topology": [],
        "doctor": [], "status": [], "chaos": [], "estimate": [],
        "run": [
            "all", "ingestion", "reduction", "admission", "enrichment", "confidence", "fallback",
            "shadow",
        ],
        "topics": ["list", "apply", "check"], "model": ["publish"], "config": ["check", "print"],
        "control": ["show", "kill-switch", "mode", "budget", "limit", "history"],
        "explain": [], "admission": ["what-if"],
        "bench": ["stream", "enrich", "quantum", "delivery"],
        "rejects": ["list", "show", "redrive"], "ledger": ["reconcile"],
        "simulate": ["chaos", "capacity"],
        "devices": ["list", "show"], "scenario": ["list", "run"],
    ]
    static let stages: [String] = [
        "ingestion", "reduction", "admission", "enrichment", "confidence", "fallback", "shadow",
    ]

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    @Test("tandem.yaml is what the settings table documents")
    func annotated() throws {
        let file = try text("deploy/tandem.yaml")
        #expect(
            file == ConfigurationReference.annotatedYAML(),
            "write ConfigurationReference.annotatedYAML() to deploy/tandem.yaml")
        let long = file.split(separator: "\n").filter { $0.count > 100 }
        #expect(long.isEmpty)
    }

    @Test("tandem.yaml has every key, each at its default")
    func defaults() throws {
        let loaded = try ConfigurationLoader.load(file: try text("deploy/tandem.yaml"))
        #expect(loaded.configuration == TandemConfiguration())
        // An empty map of properties has no key that a file could be the source of.
        let written = Settings.all.filter { $0.type != .properties }.map(\.key)
        #expect(Set(loaded.sources.keys) == Set(written))
    }

    @Test("compose.yaml runs every stage with verbs that exist")
    func composeCommands() throws {
        var started: Set<String> = []
        for (service, command) in try commands() {
            let verb = try #require(command.first)
            let known = try #require(Self.verbs[verb], "\(service): unknown verb \(verb)")
            if !known.isEmpty {
                #expect(known.contains(command[1]), "\(service): \(verb) \(command[1])")
            }
            if verb == "run" { started.insert(command[1]) }
        }
        #expect(started == Set(Self.stages))
    }

    @Test("compose.yaml sets only environment variables that are settings")
    func composeEnvironment() throws {
        let services = try composeServices()
        for (_, service) in services {
            guard let environment = service["environment"] as? [String: Any] else { continue }
            let ours = environment.filter { $0.key.hasPrefix("TANDEM_") }
                .mapValues { "\($0)" }
            #expect(throws: Never.self) { try ConfigurationLoader.load(environment: ours) }
        }
    }

    @Test("compose.yaml starts services only after those that they name")
    func composeDependencies() throws {
        let services = try composeServices()
        for (name, service) in services {
            for dependency in (service["depends_on"] as? [String: Any] ?? [:]).keys {
                #expect(services[dependency] != nil, "\(name) waits for \(dependency)")
            }
        }
        #expect(services["kafka"] != nil)
    }

    @Test(
        "the service unit and the runbook use verbs that exist",
        arguments: [
            "deploy/tandem@.service", "deploy/runbook.md",
        ])
    func otherFiles(path: String) throws {
        let commands = try text(path).split(separator: "\n").compactMap { line -> [Substring]? in
            guard let start = line.range(of: "tandem ") else { return nil }
            let isCommand = line.hasPrefix("ExecStart") || line.hasPrefix("    tandem ")
            return isCommand ? line[start.upperBound...].split(separator: " ") : nil
        }
        #expect(!commands.isEmpty)
        for command in commands {
            let verb = try #require(command.first.map(String.init))
            let known = try #require(Self.verbs[verb], "\(path): unknown verb \(verb)")
            let second = command.dropFirst().first.map(String.init) ?? ""
            let isPlaceholder = second.hasPrefix("%") || second.isEmpty
            #expect(known.isEmpty || isPlaceholder || known.contains(second), "\(path): \(second)")
        }
    }

    private func composeServices() throws -> [String: [String: Any]] {
        let root = try Yams.load(yaml: try text("deploy/compose.yaml")) as? [String: Any]
        let services = try #require(root?["services"] as? [String: Any])
        return services.compactMapValues { $0 as? [String: Any] }
    }

    /// The commands of the services that run Tandem's image, several in one shell line apart.
    private func commands() throws -> [(service: String, command: [String])] {
        try composeServices().flatMap { name, service -> [(service: String, command: [String])] in
            guard "\(service["image"] ?? "")".hasPrefix("tandem") else { return [] }
            return [(name, try #require(service["command"] as? [String], "\(name): no command"))]
        }
    }
}
