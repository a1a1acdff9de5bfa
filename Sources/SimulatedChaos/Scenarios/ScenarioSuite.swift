import Contracts
import Determinism

/// How far a scenario is.
public struct ScenarioProgress: Sendable {
    public let done: Int
    public let total: Int
    public let what: String
}

/// Runs scenarios: each once with the quantum path on and once with it off, all else alike.
public enum ScenarioSuite {
    /// Records that a scenario takes.
    public static let recordLimits = 200...10_000_000
    /// Most of all scores that may be late: must-hold of the deadlines.
    static let lateShare = 0.001
    /// Most that classical answers may be slower with the quantum path on, at the 99th percentile.
    static let slowdown = 2.0

    /// - Throws: what makes a run impossible; what does not hold is in the outcome.
    public static func run(
        _ scenario: Scenario, seed: UInt64, records: Int, plant: ScenarioPlant? = nil,
        progress: (ScenarioProgress) -> Void = { _ in }
    ) throws -> ScenarioOutcome {
        let setting = try ScenarioSetting(scenario, seed: seed, records: records, plant: plant)
        let on = try ScenarioRun(setting, mode: .live)
        try on.run { done in
            progress(ScenarioProgress(done: done, total: 2 * records, what: "quantum path on"))
        }
        let off = try ScenarioRun(setting, mode: .off)
        try off.run { done in
            progress(
                ScenarioProgress(
                    done: records + done, total: 2 * records, what: "quantum path off"))
        }
        return ScenarioReader(setting, on: on, off: off).outcome()
    }
}
