extension Settings {
    static let admission: [Setting] = [
        Setting(
            "admission.environments", \.admission.environments, .words,
            "Environments that make quantum calls: where the environment is none of them, every record "
                + "is ineligible. Empty: all."),
        Setting(
            "admission.tenants", \.admission.tenants, .words,
            "Tenants whose records may get quantum calls. Empty: all, and records without a tenant."
        ),
        Setting(
            "admission.uncertaintyBand", \.admission.uncertaintyBand, .interval,
            "Only records whose classical score lies in it get a quantum call."),
        Setting(
            "admission.ratePerSecond", \.admission.ratePerSecond, .number(0.001...10_000_000),
            "Quantum calls per second, of all instances: each has the part of its partitions. null: no "
                + "limit."),
        Setting(
            "admission.burst", \.admission.burst, .integer(1...1_000_000),
            "Calls that may be made at once after a quiet time. null: one second's ratePerSecond."),
        Setting(
            "admission.maximumInFlight", \.admission.maximumInFlight, .integer(1...10_000_000),
            "Quantum calls under way at a time on all devices, as their heartbeats count them."),
        Setting(
            "admission.safetyMarginMs", \.admission.safetyMarginMs, .integer(0...60_000),
            "Added to the predicted wait before it is held against a record's deadline."),
        Setting(
            "admission.waitQuantile", \.admission.waitQuantile, .number(0.5...0.999),
            "Share of a device's waits that the predicted wait must cover, learnt from its jobs."),
        Setting(
            "admission.shotShares", \.admission.shotShares, .shares,
            "When no device fits: shares of the shots to try, one after the other. Then come the "
                + "simplerCircuit, devices below minimumFidelity, and simulators that stand in."),
        Setting(
            "admission.minimumShots", \.admission.minimumShots, .integer(1...1_048_576),
            "The least that shotShares may leave of a job's shots."),
        Setting(
            "admission.simplerCircuit", \.admission.simplerCircuit, .boolean,
            "Whether the model's circuit without entanglement, with its own head, is tried next, where "
                + "a device tells that it takes less time or money. Its scores are downgraded and "
                + "count in no evidence."),
        Setting(
            "admission.minimumFidelity", \.admission.minimumFidelity, .number(0...1),
            "Devices whose estimated probability of an error-free run is lower are tried only when no "
                + "other fits."),
        Setting(
            "admission.secondPrice", \.admission.secondPrice, .number(0...1e6),
            "Choice among devices that fit: what a second until the result is worth, in the unit of "
                + "prices."),
        Setting(
            "admission.fidelityPrice", \.admission.fidelityPrice, .number(0...1e6),
            "The same: what going from certain error to none is worth."),
        Setting(
            "admission.explorationFraction", \.admission.explorationFraction, .number(0...1),
            "Share of the records outside uncertaintyBand that are admitted all the same, so that "
                + "comparisons stay unbiased."),
        Setting(
            "admission.statusStalenessMs", \.admission.statusStalenessMs, .integer(100...3_600_000),
            "A device that has not reported for this long counts as down."),
        Setting(
            "admission.allowRestricted", \.admission.allowRestricted, .boolean,
            "Whether records of dataClass restricted may go to the device."),
        Setting(
            "admission.minimumValue", \.admission.minimumValue, .number(0...1e12),
            "Records that bring a lower value get no quantum call."),
        Setting(
            "admission.shadowWaitLimitMs", \.admission.shadowWaitLimitMs, .integer(1...86_400_000),
            "Longest predicted wait in shadow mode, where no score waits for the device: it keeps the "
                + "queue from growing without end. null: no limit."),
    ]

    static let enrichment: [Setting] = [
        Setting(
            "enrichment.backend", \.enrichment.backend,
            .choice(BackendChoice.allCases.map(\.rawValue)),
            "simulated-qpu: a device with queue, service time, prices and outages. ideal: the "
                + "simulator alone, at once and free of charge. noisy: the simulator with the noise of "
                + "enrichment.noisy. topic: a worker of yours in place of "
                + "the enrichment stage; jobs carry OpenQASM 3 (deploy/workers)."),
        Setting(
            "enrichment.devices", \.enrichment.devices, .devices,
            "Further devices, of which admission chooses one for each record: a list of maps with "
                + "the keys of enrichment.device, each with a name of its own, seven at most."),
        Setting(
            "enrichment.shots", \.enrichment.shots, .integer(1...1_048_576),
            "Measurements per record; the standard error falls with their square root."),
        Setting(
            "enrichment.batchSize", \.enrichment.batchSize, .integer(1...4_096),
            "Most records submitted to the backend as one job."),
        Setting(
            "enrichment.heartbeatMs", \.enrichment.heartbeatMs, .integer(10...60_000),
            "Time between two reports on qpu-status."),
        Setting(
            "enrichment.resultTimeoutSeconds", \.enrichment.resultTimeoutSeconds,
            .integer(1...604_800),
            "A job without a result for this long is cancelled, and counts as failed."),
    ]

    static let noisy: [Setting] = [
        Setting(
            "enrichment.noisy.oneQubitError", \.enrichment.noisy.oneQubitError, .number(0...0.4),
            "Error (1 − average fidelity) of a gate on one qubit; turns about Z have none."),
        Setting(
            "enrichment.noisy.twoQubitError", \.enrichment.noisy.twoQubitError, .number(0...0.6),
            "Error of a gate on two qubits, which takes 300 ns; one on one qubit takes 35 ns."),
        Setting(
            "enrichment.noisy.readoutError", \.enrichment.noisy.readoutError, .number(0...0.45),
            "Chance that a measured bit is reported wrong."),
        Setting(
            "enrichment.noisy.t1Microseconds", \.enrichment.noisy.t1Microseconds,
            .number(0.01...1e9),
            "Relaxation time; what it takes during a gate is part of the gate's error."),
        Setting(
            "enrichment.noisy.t2Microseconds", \.enrichment.noisy.t2Microseconds,
            .number(0.01...1e9), "Coherence time, at most twice t1Microseconds."),
        Setting(
            "enrichment.noisy.mitigateReadout", \.enrichment.noisy.mitigateReadout, .boolean,
            "Undo readout errors in expectations, at the price of a larger standard error."),
    ]

    static let pipeline: [Setting] = [
        Setting(
            "pipeline.batchMaximumMessages", \.pipeline.batchMaximumMessages, .integer(1...100_000),
            "Most messages that a stage takes at a time."),
        Setting(
            "pipeline.pollTimeoutMs", \.pipeline.pollTimeoutMs, .integer(0...1_000),
            "How long a poll waits for messages; deadlines are looked at in between."),
        Setting(
            "pipeline.commitIntervalMs", \.pipeline.commitIntervalMs, .integer(1...60_000),
            "Time between two commits of offsets."),
        Setting(
            "pipeline.maximumUnacknowledged", \.pipeline.maximumUnacknowledged,
            .integer(1...10_000_000),
            "Messages sent and not yet acknowledged at which a stage stops reading."),
        Setting(
            "pipeline.drainSeconds", \.pipeline.drainSeconds, .integer(0...3_600),
            "How long a stopping stage waits for work under way."),
    ]

    static let kafka: [Setting] = [
        Setting(
            "kafka.common", \.kafka.common, .properties,
            "For every client: security.protocol, sasl.mechanism, ssl.ca.location, …"),
        Setting("kafka.consumer", \.kafka.consumer, .properties, "For consumers only."),
        Setting("kafka.producer", \.kafka.producer, .properties, "For producers only."),
    ]
}
