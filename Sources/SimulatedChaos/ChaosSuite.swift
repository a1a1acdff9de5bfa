import Contracts

/// A chaos run, and the runs that its scores and its bytes are compared with.
public enum ChaosSuite {
    /// Records of the runs that are compared: enough for every fault to strike.
    static let compared = 4_000

    /// The run itself, then, with fewer records: the same seed twice, and scores in shadow mode with
    /// the quantum path on, off and dead.
    ///
    /// - Throws: what makes a run impossible; what does not hold is in the report.
    public static func run(
        _ configuration: ChaosConfiguration, progress: (ChaosProgress) -> Void = { _ in }
    ) throws -> ChaosReport {
        let model = try ChaosModel()
        var report = try ChaosRun(configuration, model: model).run(progress)
        // A planted fault shows in the run itself.
        guard configuration.plant == nil else { return report }
        var small = configuration
        small.records = min(compared, configuration.records)
        func next(_ what: String) {
            progress(
                ChaosProgress(
                    published: small.records, records: small.records, steps: report.steps,
                    what: what, isMainRun: false))
        }
        next("comparing: determinism")
        let first = try ChaosRun(small, model: model).run()
        let second = try ChaosRun(small, model: model).run()
        report.examined[.determinism] = first.steps
        if first.hash != second.hash || first.steps != second.steps {
            let text = "\(small.records) records, run twice: \(first.hash) and \(second.hash)"
            report.violations.append(Violation(check: .determinism, text: text))
        }
        next("comparing: isolation")
        try isolate(small, model, into: &report)
        return report
    }

    /// Whatever the quantum path does, in shadow mode the scores are the same. The model must be,
    /// too: which one a record meets is a matter of time.
    private static func isolate(
        _ base: ChaosConfiguration, _ model: ChaosModel, into report: inout ChaosReport
    ) throws {
        var configuration = base
        configuration.mode = .shadow
        configuration.faults.subtract([.model, .operation])
        let on = try ChaosRun(configuration, model: model)
        _ = try on.run()
        for (mode, device, what) in [
            (Mode.off, ChaosDeviceState.serving, "with the quantum path off"),
            (.shadow, .dead, "with a dead device"),
        ] {
            configuration.mode = mode
            configuration.device = device
            let other = try ChaosRun(configuration, model: model)
            _ = try other.run()
            report.violations += on.checkers.isolation(from: other.tracks, what)
            report.examined[.isolation, default: 0] += configuration.records
        }
    }
}
