import Contracts

extension Settings {
    static let general: [Setting] = [
        Setting(
            "brokers", \.brokers, .addresses,
            "Kafka bootstrap servers. Empty: the embedded cluster, in memory, in this process."),
        Setting(
            "topicPrefix", \.topicPrefix, .name(minimumLength: 0),
            "Goes before every topic name, so that environments can share a cluster."),
        Setting(
            "partitions", \.partitions, .integer(1...10_000),
            "Partitions of each data topic; the same for all, checked at start."),
        Setting(
            "model", \.model, .name(minimumLength: 1),
            "Name of the model bundle on the models topic that every stage uses."),
        Setting(
            "mode", \.mode, .choice(Mode.allCases.map(\.rawValue)),
            "off: no quantum calls. shadow: quantum verdicts are compared, the classical score is "
                + "served at once. canary: canaryPercent of the records live, the others shadow. "
                + "live: accepted quantum verdicts are served. A mode on the control topic overrides "
                + "this one."),
        Setting(
            "canaryPercent", \.canaryPercent, .number(0...100),
            "Mode canary: percentage of the records that are live, by a hash of their ids; a larger "
                + "one keeps the records of a smaller one."),
        Setting(
            "environment", \.environment, .name(minimumLength: 1),
            "Where this runs, such as staging; see admission.environments. null: nowhere in "
                + "particular."),
        Setting(
            "delivery", \.delivery, .choice(Delivery.allCases.map(\.rawValue)),
            "exactly-once: admission and fallback write in transactions, one score per record "
                + "whatever dies. at-least-once: a crash of the fallback stage may score a record "
                + "twice. auto: exactly-once on brokers, at-least-once on the embedded cluster, "
                + "which has no transactions."),
        Setting(
            "latencyBudgetMs", \.latencyBudgetMs, .integer(1...86_400_000),
            "Time from a record's arrival to its score's deadline, for records that bring no "
                + "latencyBudgetMs of their own."),
        Setting(
            "decisionThreshold", \.decisionThreshold, .number(0...1),
            "Scores at or above it are decision 1. null: the model bundle's."),
    ]

    static let ingestion: [Setting] = [
        Setting(
            "ingestion.maximumRecordBytes", \.ingestion.maximumRecordBytes,
            .integer(64...16_777_216),
            "A larger record is rejected unread.")
    ]

    static let confidence: [Setting] = [
        Setting(
            "confidence.intervalLevel", \.confidence.intervalLevel, .number(0.5...0.9999),
            "Coverage of the interval around a quantum score."),
        Setting(
            "confidence.acceptConfidence", \.confidence.acceptConfidence, .number(0...1),
            "From this confidence on a quantum score is used. null: the model bundle's."),
        Setting(
            "confidence.blendConfidence", \.confidence.blendConfidence, .number(0...1),
            "From this confidence up to acceptConfidence both scores are blended, below it the "
                + "quantum score is rejected. null: the model bundle's."),
        Setting(
            "confidence.maximumDisagreement", \.confidence.maximumDisagreement, .number(0...1),
            "Largest distance between both scores at which the quantum one counts. null: the "
                + "model bundle's."),
    ]

    static let fallback: [Setting] = [
        Setting(
            "fallback.deduplicationEntries", \.fallback.deduplicationEntries,
            .integer(1_000...100_000_000),
            "Ids remembered per partition so that no record is scored twice."),
        Setting(
            "fallback.deduplicationSeconds", \.fallback.deduplicationSeconds, .integer(1...604_800),
            "How long an id is remembered, within deduplicationEntries."),
    ]

    static let shadow: [Setting] = [
        Setting(
            "shadow.pairingSeconds", \.shadow.pairingSeconds, .integer(1...604_800),
            "How long one scorer's verdict waits for the other's."),
        Setting(
            "shadow.evidenceSeconds", \.shadow.evidenceSeconds, .number(0.1...3_600),
            "How often each partition says on evidence what pairs and labels have shown: so much later "
                + "admission learns of it, and so much is lost with a process that dies."),
        Setting(
            "shadow.halfLifeDays", \.shadow.halfLifeDays, .number(0.01...3_650),
            "After so long a pair counts half in what admission expects of a call (worth). Several "
                + "times what labels take to come, or nothing is left to learn from when they do; "
                + "no longer than the data stay as they are."),
        Setting(
            "shadow.margin", \.shadow.margin, .number(0.0001...0.5),
            "Right decisions that a call must add on average to be worth going on: as a rule its "
                + "price over what a right decision is worth. Where the labels show less, the verdict "
                + "is noBetter, and budgets with stopLoss stop. It takes some 10 times (share of "
                + "flips)/margin² labels to show that nothing is added. Another margin begins the "
                + "verdict anew."),
        Setting(
            "shadow.alpha", \.shadow.alpha, .number(0.0001...0.5),
            "Bound on the probability that a wrong verdict is ever given, however often it is looked "
                + "at; a tenth of it takes some 60% more labels."),
        Setting(
            "shadow.unlabelledPairs", \.shadow.unlabelledPairs, .integer(1...100_000_000),
            "Pairs that wait in memory for their label, some 120 bytes each, the oldest forgotten "
                + "first: as many as come in the time that labels take. A restart forgets them."),
    ]

    static let http: [Setting] = [
        Setting(
            "http.port", \.http.port, .integer(0...65_535),
            "Port to listen on; 0 lets the system choose. null: no server."),
        Setting(
            "http.host", \.http.host, .host,
            "Address to listen on; 0.0.0.0 for every interface, as in a container."),
    ]
}
