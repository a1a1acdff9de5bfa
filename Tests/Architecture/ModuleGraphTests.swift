import Foundation
import TestSupport
import Testing

@Suite("The module graph")
struct ModuleGraphTests {
    /// What each module may import of ours and of the packages: the layers, bottom up.
    static let allowed: [String: Set<String>] = [
        "Determinism": [],
        "Terminal": [],
        "Plots": [],
        "Statistics": [],
        "Contracts": ["Determinism", "CSimdJSON"],
        "LinearAlgebra": ["CLAPACKE"],
        "Models": ["Determinism", "LinearAlgebra"],
        "Policies": ["Contracts", "Determinism", "DequeModule", "HeapModule"],
        // Layers 0 to 3 of the quantum side: vocabulary, simulator and backends, primitives.
        "QuantumCircuit": ["Determinism"],
        "QuantumSimulator": ["QuantumCircuit", "Determinism", "LinearAlgebra", "CQuantumKernels"],
        "QuantumBackends": ["QuantumCircuit", "QuantumSimulator", "Contracts", "Determinism"],
        "QuantumCompiler": ["QuantumCircuit", "Determinism"],
        "Capacity": ["Contracts", "Determinism", "Policies", "QuantumBackends"],
        "QuantumPrimitives": ["QuantumCircuit", "Determinism"],
        "Stages": [
            "Contracts", "Determinism", "Models", "Policies", "QuantumBackends", "QuantumCircuit",
            "QuantumPrimitives", "QuantumSimulator", "Statistics",
        ],
        "Pipeline": ["Contracts", "Determinism", "Stages", "DequeModule"],
        "KafkaTransport": ["Contracts", "CRdkafka", "Determinism", "Pipeline", "Stages"],
        "SimulatedTransport": [
            "Contracts", "Determinism", "Pipeline", "Stages", "HeapModule", "DequeModule",
        ],
        "SimulatedChaos": [
            "Contracts", "Determinism", "Models", "Pipeline", "Policies", "QuantumBackends",
            "QuantumCircuit", "QuantumSimulator", "SimulatedTransport", "Stages",
        ],
        "Configuration": ["Contracts", "Yams"],
    ]
    /// The command and the gateway may import everything: they put the parts together.
    static let shells: Set<String> = ["tandem", "Gateway", "Observability"]
    /// Parts of the system and of Swift itself.
    static let system: Set<String> = ["Glibc", "Synchronization", "Foundation", "Dispatch"]

    /// Files below the shells that use Foundation, and why.
    static let foundationUsers: [String: String] = [
        "Sources/Models/Training/CSVFile.swift": "reads a file for the command that trains",
        "Sources/Models/ModelBundle+Coding.swift":
            "JSONEncoder for a file written once per training",
    ]

    let files = Repository.swiftFiles(below: "Sources")

    private func module(_ file: String) -> String { String(file.split(separator: "/")[1]) }

    /// Modules that a file imports, whatever the access level or the kind of declaration.
    private func imports(_ file: String) throws -> [String] {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
            .anchorsMatchLineEndings()
        return try Repository.text(file).matches(of: pattern).map { String($0.1) }
    }

    @Test("is read from sources that are there")
    func sources() throws {
        #expect(files.count > 150)
        #expect(
            try imports("Sources/Stages/4-Enrichment/Enrichment.swift").contains("QuantumBackends"))
        #expect(try imports("Sources/Contracts/JSON/JSONParser.swift") == ["CSimdJSON"])
    }

    @Test("lets each module import what its layer allows, and nothing else")
    func layers() throws {
        for file in files where !Self.shells.contains(module(file)) {
            let allowed = try #require(Self.allowed[module(file)], "'\(module(file))' has no layer")
            for name in try imports(file) where !Self.system.contains(name) {
                #expect(allowed.contains(name), "\(file) imports \(name)")
            }
        }
    }

    @Test("has no cycles")
    func cycles() {
        func reachable(_ name: String, _ path: [String]) {
            #expect(!path.contains(name), "\(path) → \(name)")
            guard !path.contains(name) else { return }
            for next in Self.allowed[name] ?? [] { reachable(next, path + [name]) }
        }
        for name in Self.allowed.keys { reachable(name, []) }
    }

    @Test(
        "lets one module alone touch each system library",
        arguments: [
            ("CRdkafka", "KafkaTransport"), ("CLAPACKE", "LinearAlgebra"),
            ("CSimdJSON", "Contracts"),
            ("CQuantumKernels", "QuantumSimulator"), ("Yams", "Configuration"),
            ("ArgumentParser", "tandem"),
        ])
    func owners(library: String, owner: String) throws {
        let users = Set(try files.filter { try imports($0).contains(library) }.map(module))
        #expect(users == [owner])
    }

    @Test("keeps Kafka and the loop out of everything below the loop")
    func functionalCore() throws {
        let above: Set<String> = [
            "KafkaTransport", "Pipeline", "SimulatedChaos", "SimulatedTransport", "tandem",
        ]
        for file in files where !above.contains(module(file)) && !Self.shells.contains(module(file))
        {
            let found = Set(try imports(file)).intersection(above.union(["CRdkafka"]))
            #expect(found.isEmpty, "\(file) imports \(found)")
        }
    }

    @Test("keeps Foundation to the shells and a few files with a reason")
    func foundation() throws {
        let users = try files.filter {
            try !Self.shells.contains(module($0)) && imports($0).contains("Foundation")
        }
        #expect(Set(users) == Set(Self.foundationUsers.keys))
    }

    @Test("is the one that the package declares")
    func package() throws {
        let text = try Repository.text("Package.swift")
        let flat = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for (name, allowed) in Self.allowed where flat.contains("\"\(name)\"") {
            let start = "module( \"\(name)\","
            let other = "module(\"\(name)\","
            guard let range = flat.range(of: other) ?? flat.range(of: start) else { continue }
            let declaration = flat[range.upperBound...].prefix { $0 != "]" }
            let names = declaration.matches(of: /"(\w+)"(?!,? package| \))/).map { String($0.1) }
            let ours = names.filter { Self.allowed[$0] != nil }
            #expect(Set(ours).isSubset(of: allowed), "\(name) depends on \(ours)")
        }
    }
}
