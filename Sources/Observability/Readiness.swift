import Contracts

/// Whether a process can do its part, and what is missing.
///
/// *Live* means that the process runs and answers: nothing in the pipeline makes it untrue, since
/// restarting a process mends neither a missing model nor a cluster that is away. *Ready* means
/// that a model is present, every stage hosted here has partitions, and none has failed or stopped.
/// A spare instance, beyond one per partition, is not ready: it does nothing until another leaves.
public struct Readiness: Sendable, Equatable {
    /// One line each; empty when ready.
    public let reasons: [String]

    public var isReady: Bool { reasons.isEmpty }

    init(reasons: [String]) { self.reasons = reasons }
}

extension PipelineSnapshot {
    public var readiness: Readiness {
        var reasons: [String] = []
        if model == nil { reasons.append("no model: none has arrived on the models topic") }
        if stages.isEmpty { reasons.append("no stage has been started in this process yet") }
        reasons += stages.compactMap(\.obstacle)
        return Readiness(reasons: reasons)
    }
}

extension StageSnapshot {
    /// Why the stage does not do its part; nil when it does.
    var obstacle: String? {
        switch state {
        case .running: nil
        case .waiting: "\(stage.rawValue): no partitions assigned"
        case .stopped: "\(stage.rawValue): stopped"
        case .failed: "\(stage.rawValue): failed: \(bareFailure)"
        }
    }

    /// The failure without the stage's name, which hosts put in front of it.
    private var bareFailure: String {
        let text = failure ?? ""
        let prefix = stage.rawValue + ": "
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }
}
