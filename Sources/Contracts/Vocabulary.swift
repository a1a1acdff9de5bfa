/// How the quantum path takes part in final scores.
public enum Mode: String, Sendable, CaseIterable, Codable {
    /// No quantum calls at all.
    case off
    /// Quantum verdicts are computed and compared; the classical score is always served, at once.
    case shadow
    /// A fixed share of the records, by a hash of their ids, is live, the others are shadow. An
    /// instruction to admission: no verdict or score says so of itself.
    case canary
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

/// How far admission stepped down from what it would rather have done, in the order in which it
/// tries.
public enum Downgrade: String, Sendable, CaseIterable, Codable {
    /// All shots of the model's circuit on a device that is good enough.
    case none
    case fewerShots
    /// The model's control without entanglement, with a head of its own.
    case simplerCircuit
    /// A device below the fidelity asked for.
    case cheaperDevice
    /// The simulator stands in.
    case simulator
}

extension ByteWriter {
    /// Left out for `none`, as by writers that do not know the field.
    mutating func member(_ key: StaticString, _ downgrade: Downgrade) {
        if downgrade != .none { member(key, downgrade.rawValue) }
    }
}
