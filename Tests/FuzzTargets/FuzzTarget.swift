/// What a parser made of some bytes.
public enum FuzzOutcome: Sendable, Equatable {
    /// Refused, with a reason fit to be shown.
    case refused
    /// Accepted, and every invariant held.
    case held
    /// The invariant that the bytes broke.
    case broken(String)
}

/// A parser of bytes from outside, and what must hold whatever the bytes are.
///
/// `run` must end within a bounded time without a trap. The same functions run under
/// libFuzzer (`.ci/fuzz`) and over the kept corpus in the tests.
public struct FuzzTarget: Sendable, CustomStringConvertible {
    /// The folder of its corpus below `fixtures/fuzz`.
    public let name: String
    public var description: String { name }
    public let run: @Sendable ([UInt8]) -> FuzzOutcome

    public static let all: [FuzzTarget] = [
        FuzzTarget(name: "record", run: fuzzRecord),
        FuzzTarget(name: "label", run: fuzzLabel),
        FuzzTarget(name: "control", run: fuzzControl),
        FuzzTarget(name: "job", run: fuzzJob),
        FuzzTarget(name: "measurement", run: fuzzMeasurement),
        FuzzTarget(name: "message", run: fuzzMessage),
        FuzzTarget(name: "bundle", run: fuzzBundle),
        FuzzTarget(name: "qasm", run: fuzzOpenQASM),
        FuzzTarget(name: "yaml", run: fuzzConfiguration),
        FuzzTarget(name: "reject-headers", run: fuzzRejectHeaders),
    ]

    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
