/// How the quantum path takes part in final scores.
public enum Mode: String, Sendable, CaseIterable, Codable {
    /// No quantum calls at all.
    case off
    /// Quantum verdicts are computed and compared; the classical score is always served, at once.
    case shadow
    /// Accepted quantum verdicts are served when they arrive by the deadline.
    case live
}

/// Which scorer a final score came from.
public enum ScoreSource: String, Sendable, CaseIterable, Codable {
    case classical, quantum, blend
}

/// A record's priority class; absent means `normal`.
public enum Priority: String, Sendable, CaseIterable, Codable {
    case low, normal, high
}

/// How far a record's data may travel; absent means `internal`.
public enum DataClass: String, Sendable, CaseIterable, Codable {
    case `public`, `internal`, restricted
}

/// What the confidence stage says of a quantum score.
public enum VerdictAction: String, Sendable, CaseIterable, Codable {
    case use, blend, reject
}

/// The state that a device reports of itself.
public enum DeviceState: String, Sendable, CaseIterable, Codable {
    case online, outage, maintenance
}
