extension Settings {
    static let admissionWorth: [Setting] = [
        Setting(
            "admission.worth.rule", \.admission.worth.rule,
            .choice(WorthRule.allCases.map(\.rawValue)),
            "band: calls for scores within uncertaintyBand. expected-value: calls whose expected value "
                + "is above 0: the chance that the verdict rightly flips the decision, learnt from "
                + "labelled pairs, times the record's value, less the price, budgets' shadow prices "
                + "included. Without labels only explorationFraction goes on."),
        Setting(
            "admission.worth.referenceValue", \.admission.worth.referenceValue, .number(0...1e12),
            "expected-value: stands for the value of a record that states none."),
        Setting(
            "admission.worth.caution", \.admission.worth.caution, .number(0.01...0.5),
            "expected-value: quantile at which the chance that a flip is right is taken; the lower, the "
                + "more labels it takes to spend money."),
        Setting(
            "admission.worth.lossIfLate", \.admission.worth.lossIfLate, .number(0...1e12),
            "expected-value: what a late result costs beside its price."),
    ]

    static let admissionBreaker: [Setting] = [
        Setting(
            "admission.breaker.isOn", \.admission.breaker.isOn, .boolean,
            "Whether a device that fails or has grown slow is left alone for a while."),
        Setting(
            "admission.breaker.windowSeconds", \.admission.breaker.windowSeconds,
            .number(0.1...86_400), "Rates are taken over the calls of so long."),
        Setting(
            "admission.breaker.minimumCalls", \.admission.breaker.minimumCalls,
            .integer(1...1_000_000), "Fewer calls give no rate."),
        Setting(
            "admission.breaker.failureRate", \.admission.breaker.failureRate, .number(0.01...1),
            "Share of failed calls that opens the breaker."),
        Setting(
            "admission.breaker.slowRate", \.admission.breaker.slowRate, .number(0.01...1),
            "Share of slow calls that opens it."),
        Setting(
            "admission.breaker.slowMs", \.admission.breaker.slowMs, .integer(1...86_400_000),
            "A job that runs longer is slow. null: none is."),
        Setting(
            "admission.breaker.openSeconds", \.admission.breaker.openSeconds,
            .number(0.001...86_400),
            "How long the breaker stays open the first time; then twice that."),
        Setting(
            "admission.breaker.longestOpenSeconds", \.admission.breaker.longestOpenSeconds,
            .number(0.001...86_400), "The longest time that it stays open."),
        Setting(
            "admission.breaker.probes", \.admission.breaker.probes, .integer(1...1_000),
            "Calls that are tried before it closes again."),
    ]

    static let admissionConcurrency: [Setting] = [
        Setting(
            "admission.concurrency.algorithm", \.admission.concurrency.algorithm,
            .choice(ConcurrencyAlgorithm.allCases.map(\.rawValue)),
            "How each device's limit on calls in flight is found, below maximumInFlight. fixed: "
                + "maximumInFlight itself. aimd, vegas, gradient2: learnt from how long calls take, as "
                + "Netflix's concurrency-limits does."),
        Setting(
            "admission.concurrency.initial", \.admission.concurrency.initial,
            .integer(1...1_000_000), "The limit before anything is learnt."),
        Setting(
            "admission.concurrency.minimum", \.admission.concurrency.minimum,
            .integer(1...1_000_000), "The least that it may become."),
    ]

    static let admissionShares: [Setting] = [
        Setting(
            "admission.shares.isOn", \.admission.shares.isOn, .boolean,
            "Whether ratePerSecond and maximumInFlight are divided between tenants and priorities by "
                + "weight: what one does not use is lent to the others, and comes back at once."),
        Setting(
            "admission.shares.weights", \.admission.shares.weights, .weights,
            "Weights by tenant; others weigh 1."),
        Setting(
            "admission.shares.lendable", \.admission.shares.lendable, .number(0...1),
            "Part of its share that a tenant with no use for it lends."),
        Setting(
            "admission.shares.borrowing", \.admission.shares.borrowing, .number(0...1e6),
            "How much a tenant may have beyond its share, as a multiple of it. null: no bound."),
    ]

    static let admissionBudgets: [Setting] = [
        Setting(
            "admission.budgets", \.admission.budgets, .budgets,
            "What may be spent on quantum calls: estimated before a call, set aside, and settled at its "
                + "price. Caps hold over all instances (with delivery exactly-once through crashes, "
                + "too). paced spreads the spending over the window; stopLoss spends 2% only while "
                + "labels show that quantum verdicts are no better.")
    ]
}
