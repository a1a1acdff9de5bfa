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
    dependencies: [],
    targets: [
        .systemLibrary(name: "CRdkafka"),
        .target(
            name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        module("Determinism"),
        module("Contracts", ["Determinism", "CSimdJSON"]),
    ],
    cxxLanguageStandard: .cxx17
)
