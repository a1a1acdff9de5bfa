// swift-tools-version: 6.2
import PackageDescription

// What pays on every target: see the settings' own proposals (SE-0458, SE-0335, SE-0409, SE-0444, SE-0461).
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, path: "Tests/" + name,
        swiftSettings: strict)
}

let package = Package(
    name: "tandem",
    dependencies: [
        // Deque for offsets in flight, Heap for deadlines.
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // The configuration file and, in tests, topics/ and deploy/.
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        // The HTTP server: structured concurrency on plain sockets, half a minute to build.
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .systemLibrary(name: "CRdkafka"),
        .target(
            name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        module("Determinism"),
        module("Contracts", ["Determinism", "CSimdJSON"]),
        .systemLibrary(name: "CLAPACKE"),
        module("LinearAlgebra", ["CLAPACKE"]),
        module("Models", ["Determinism", "LinearAlgebra"]),
        module(
            "Policies",
            [
                "Contracts", "Determinism",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        module("Statistics"),
        module("QuantumCircuit", ["Determinism"]),
        module("QuantumPrimitives", ["QuantumCircuit", "Determinism"]),
        // Vector kernels are compiled with optimisation in every configuration: tests run through them too.
        .target(name: "CQuantumKernels", cSettings: [.unsafeFlags(["-O3"])]),
        module(
            "QuantumSimulator",
            ["QuantumCircuit", "Determinism", "LinearAlgebra", "CQuantumKernels"]),
        module(
            "QuantumBackends",
            ["QuantumCircuit", "QuantumSimulator", "Contracts", "Determinism"]),
        module("QuantumCompiler", ["QuantumCircuit", "Determinism"]),
        module(
            "Stages",
            [
                "Contracts", "Determinism", "Models", "Policies", "QuantumBackends",
                "QuantumCircuit", "QuantumPrimitives", "QuantumSimulator", "Statistics",
            ]),
        module(
            "Pipeline",
            [
                "Contracts", "Determinism", "Stages",
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        module("KafkaTransport", ["Contracts", "CRdkafka", "Determinism", "Pipeline", "Stages"]),
        module("Configuration", ["Contracts", .product(name: "Yams", package: "Yams")]),
        module("Terminal"),
        // What rate devices and a budget can carry, decision by decision.
        module("Capacity", ["Contracts", "Determinism", "Policies", "QuantumBackends"]),
        // Charts over time as SVG, without a library.
        module("Plots"),
        module(
            "SimulatedTransport",
            [
                "Contracts", "Determinism", "Pipeline", "Stages",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        // Simulated runs with faults, their workload and the checkers of what must hold.
        module(
            "SimulatedChaos",
            [
                "Contracts", "Determinism", "Models", "Pipeline", "Policies", "QuantumBackends",
                "QuantumCircuit", "QuantumSimulator", "SimulatedTransport", "Stages",
            ]),
        .executableTarget(
            name: "tandem",
            dependencies: [
                "Capacity", "Configuration", "Contracts", "Determinism", "Gateway",
                "KafkaTransport", "LinearAlgebra", "Models", "Observability", "Pipeline", "Plots",
                "Policies", "QuantumBackends", "QuantumCircuit", "QuantumCompiler",
                "QuantumPrimitives", "QuantumSimulator", "SimulatedChaos", "SimulatedTransport",
                "Stages", "Statistics", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        tests("Determinism", ["Determinism"]),
        tests("LinearAlgebra", ["LinearAlgebra"]),
        tests("Models", ["Determinism", "LinearAlgebra", "Models"]),
        tests("Policies", ["Contracts", "Determinism", "Policies"]),
        tests("Statistics", ["Determinism", "Statistics"]),
        tests("QuantumCircuit", ["Determinism", "QuantumCircuit", "TestSupport"]),
        tests(
            "QuantumPrimitives",
            ["Determinism", "QuantumCircuit", "QuantumPrimitives", "TestSupport"]),
        tests(
            "QuantumCompiler",
            [
                "Determinism", "QuantumCircuit", "QuantumCompiler", "QuantumPrimitives",
                "TestSupport",
            ]),
        tests(
            "QuantumSimulator",
            [
                "Determinism", "QuantumCircuit", "QuantumPrimitives", "QuantumSimulator",
                "TestSupport",
            ]),
        tests(
            "QuantumBackends",
            [
                "Contracts", "Determinism", "QuantumBackends", "QuantumCircuit",
                "QuantumCompiler", "QuantumPrimitives", "QuantumSimulator",
            ]),
        tests(
            "Configuration",
            ["Configuration", "Contracts", .product(name: "Yams", package: "Yams")]),
        tests("Terminal", ["Terminal"]),
        tests("Plots", ["Plots"]),
        tests("Capacity", ["Capacity", "Contracts", "Determinism", "Policies", "QuantumBackends"]),
        tests(
            "Topics",
            ["Contracts", "TestSupport", .product(name: "Yams", package: "Yams")]),
        // What several test targets share; no product uses it.
        .target(
            name: "TestSupport",
            dependencies: [
                "Contracts", "Determinism", "QuantumCircuit",
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("Contracts", ["Contracts", "Determinism", "TestSupport"]),
        tests(
            "Simulation",
            [
                "Contracts", "Determinism", "Models", "Pipeline", "Policies", "QuantumBackends",
                "QuantumCircuit", "QuantumSimulator", "SimulatedChaos", "SimulatedTransport",
                "Stages", "TestSupport",
            ]),
        tests(
            "Conformance",
            [
                "Contracts", "Determinism", "KafkaTransport", "Pipeline", "SimulatedTransport",
                "Stages", "TestSupport",
            ]),
        module("Observability", ["Contracts"]),
        // The dashboard is compiled in: the command stays one file.
        .target(
            name: "Gateway",
            dependencies: [
                "Observability", .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            resources: [
                .embedInCode("Dashboard/page.html"), .embedInCode("Dashboard/style.css"),
                .embedInCode("Dashboard/script.js"),
            ],
            swiftSettings: strict),
        tests(
            "Observability",
            ["Contracts", "Observability", .product(name: "Yams", package: "Yams")]),
        tests("Gateway", ["Contracts", "Gateway", "Observability"]),
        tests(
            "EndToEnd",
            [
                "Configuration", "Contracts", "Determinism", "KafkaTransport", "Models", "Policies",
                "QuantumBackends", "QuantumCircuit", "QuantumPrimitives", "QuantumSimulator",
                "Stages", "TestSupport", "tandem", .product(name: "Yams", package: "Yams"),
            ]),
        tests("Architecture", ["Contracts", "TestSupport"]),
        tests(
            "Stages",
            [
                "Contracts", "Determinism", "LinearAlgebra", "Models", "Policies",
                "QuantumBackends", "QuantumCircuit", "QuantumSimulator", "Stages", "Statistics",
                "TestSupport",
            ]),
        tests("Pipeline", ["Contracts", "Determinism", "Pipeline", "Stages", "TestSupport"]),
        // Every parser of bytes from outside with what must hold of it; under libFuzzer, and over the
        // kept inputs in the tests.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Configuration", "Contracts", "Determinism", "Models", "Pipeline",
                "QuantumCircuit", "Stages",
            ],
            path: "Tests/FuzzTargets", swiftSettings: strict),
        tests("Fuzz", ["FuzzTargets", "TestSupport"]),
    ],
    cxxLanguageStandard: .cxx17
)

// libFuzzer brings `main`, so that nothing but `.ci/fuzz` can link this.
if Context.environment["TANDEM_FUZZER"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzzer", dependencies: ["FuzzTargets"], path: "Tests/Fuzzer",
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
