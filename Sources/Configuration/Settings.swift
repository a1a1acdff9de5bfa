/// The closed table of every key: parsing, messages, suggestions and documentation derive from it.
public enum Settings {
    /// In the order in which they are printed: keys of the top level, then section by section.
    public static let all: [Setting] =
        general + ingestion + admission + admissionBudgets + admissionWorth + admissionBreaker
        + admissionConcurrency + admissionShares + enrichment + device + deviceQueue + devicePhysics
        + deviceFaults + noisy + confidence + fallback + shadow + pipeline + kafka + http

    /// One line on each section, by its dotted name.
    public static let sectionTitles: [(section: String, title: String)] = [
        ("ingestion", "Stage 1: which records are valid."),
        ("admission", "Stage 3: which records get a quantum call."),
        ("admission.worth", "What a call is worth."),
        ("admission.breaker", "When a device is left alone: the circuit breaker."),
        ("admission.concurrency", "How many calls a device may have in flight."),
        ("admission.shares", "Fair shares of tenants and priorities."),
        ("enrichment", "Stage 4: where circuits run, and in what batches."),
        ("enrichment.device", "The simulated QPU (backend simulated-qpu)."),
        ("enrichment.noisy", "The noise of the simulator (backend noisy)."),
        ("confidence", "Stage 5: what becomes of a quantum score."),
        ("fallback", "Stage 6: one final score per record."),
        ("shadow", "Stage 7: pairs of both scorers' verdicts."),
        ("pipeline", "The loop that every stage runs in."),
        (
            "kafka",
            "librdkafka's own properties (TLS, SASL, fetch sizes, …), passed on verbatim; "
                + "common first, then consumer or producer."
        ),
        ("http", "Health, metrics and the dashboard."),
    ]

    /// The setting of a dotted key.
    public static func setting(_ key: String) -> Setting? { byKey[key] }

    static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
    static let byEnvironmentName =
        Dictionary(uniqueKeysWithValues: all.map { ($0.environmentName, $0) })
    static let sectionNames = Set(sectionTitles.map(\.section))
}
