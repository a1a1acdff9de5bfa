import Contracts

extension Settings {
    static let device: [Setting] = [
        Setting(
            "enrichment.device.name", \.enrichment.device.name, .name(minimumLength: 1),
            "The device's name in provenance and on qpu-status."),
        Setting(
            "enrichment.device.kind", \.enrichment.device.kind,
            .choice(DeviceKindChoice.allCases.map(\.rawValue)),
            "In enrichment.devices, ideal is the noiseless simulator, at once and free of charge: it "
                + "stands in when no device fits. Here, see enrichment.backend."),
        Setting(
            "enrichment.device.trustZone", \.enrichment.device.trustZone,
            .choice(DataClass.allCases.map(\.rawValue)),
            "The most sensitive dataClass whose records may go to the device; see "
                + "admission.allowRestricted."),
        Setting(
            "enrichment.device.serviceTimeMs", \.enrichment.device.serviceTimeMs,
            .number(0...3_600_000),
            "Time that the device takes for one record's circuit with its shots; a job takes the sum."
        ),
        Setting(
            "enrichment.device.jitter", \.enrichment.device.jitter, .number(0...4),
            "Standard deviation of the logarithm of a job's service time; 0: always the same."),
        Setting(
            "enrichment.device.capacity", \.enrichment.device.capacity, .integer(1...10_000_000),
            "Jobs that the device holds, waiting and running; it refuses more."),
        Setting(
            "enrichment.device.pricePerTask", \.enrichment.device.pricePerTask, .number(0...1e6),
            "Price of one record's circuit, whatever its shots, with prices: custom."),
        Setting(
            "enrichment.device.pricePerShot", \.enrichment.device.pricePerShot, .number(0...1e6),
            "Price of one shot, with prices: custom."),
        Setting(
            "enrichment.device.outages", \.enrichment.device.outages, .outages,
            "Times in which the device is down, in seconds since the stage started."),
    ]

    static let deviceQueue: [Setting] = [
        Setting(
            "enrichment.device.queue", \.enrichment.device.queue,
            .choice(DeviceQueueChoice.allCases.map(\.rawValue)),
            "Who else uses the device. dedicated: nobody. reserved: one other under fair share, who "
                + "takes half of its time; our jobs follow one another. busy-public: eight others in "
                + "bursts, with heavy-tailed jobs. outage: nobody, but down for 5 minutes, a minute "
                + "after the first job."),
        Setting(
            "enrichment.device.servers", \.enrichment.device.servers, .integer(1...64),
            "Jobs that run at a time."),
        Setting(
            "enrichment.device.tenants", \.enrichment.device.tenants, .integer(0...256),
            "Others that send jobs, alike, under fair share; the four keys below describe them. null: "
                + "as queue says."),
        Setting(
            "enrichment.device.tenantLoad", \.enrichment.device.tenantLoad, .number(0...10),
            "Share of the device's time that all of them together ask for; above 1 is overload."),
        Setting(
            "enrichment.device.tenantArrivals", \.enrichment.device.tenantArrivals,
            .choice(TenantArrivals.allCases.map(\.rawValue)),
            "poisson, or bursty: a minute in ten at eleven times the rate of the others."),
        Setting(
            "enrichment.device.tenantJobSizes", \.enrichment.device.tenantJobSizes,
            .choice(TenantJobSizes.allCases.map(\.rawValue)),
            "Distribution of their jobs' time on the device; pareto has exponent 1.5, lognormal "
                + "sigma 1."),
        Setting(
            "enrichment.device.tenantJobMs", \.enrichment.device.tenantJobMs,
            .number(1...86_400_000), "Its mean."),
        Setting(
            "enrichment.device.prices", \.enrichment.device.prices,
            .choice(DevicePriceChoice.allCases.map(\.rawValue)),
            "custom: pricePerTask and pricePerShot. aws-braket: $0.30 a task and $0.0009 a shot. "
                + "ionq: $12.4166 a task, $0.00022 a one-qubit and $0.000975 a two-qubit gate-shot. "
                + "ibm: $1.60 a second."),
    ]

    static let devicePhysics: [Setting] = [
        Setting(
            "enrichment.device.timing", \.enrichment.device.timing,
            .choice(DeviceTiming.allCases.map(\.rawValue)),
            "fixed: serviceTimeMs. circuit: shots times the compiled circuit's duration, readout and "
                + "reset."),
        Setting(
            "enrichment.device.target", \.enrichment.device.target, .name(minimumLength: 1),
            "Device to compile for, such as line-12 or falcon-27-ecr. null: every gate on any qubits, "
                + "with typical figures."),
        Setting(
            "enrichment.device.loadMs", \.enrichment.device.loadMs, .number(0...3_600_000),
            "Time to send a job, before it waits."),
        Setting(
            "enrichment.device.compileMs", \.enrichment.device.compileMs, .number(0...3_600_000),
            "Time to compile a circuit that is new to the device, before its job waits."),
        Setting(
            "enrichment.device.retrieveMs", \.enrichment.device.retrieveMs,
            .number(0...3_600_000), "Time to fetch a job's results."),
        Setting(
            "enrichment.device.noise", \.enrichment.device.noise,
            .choice(DeviceNoiseChoice.allCases.map(\.rawValue)),
            "off. approximate: one depolarisation for the circuit, and readout errors. full: every "
                + "gate's channels, for small batches."),
        Setting(
            "enrichment.device.calibrationMinutes", \.enrichment.device.calibrationMinutes,
            .number(0.001...525_600), "Time between two calibrations."),
        Setting(
            "enrichment.device.calibrationSeconds", \.enrichment.device.calibrationSeconds,
            .number(0...86_400), "How long each lasts; no job starts in it."),
        Setting(
            "enrichment.device.calibrationJump", \.enrichment.device.calibrationJump,
            .number(0...1),
            "Standard deviation of the logarithm of T1, T2 and errors from one calibration to the "
                + "next."),
        Setting(
            "enrichment.device.calibrationDrift", \.enrichment.device.calibrationDrift,
            .number(0...1), "The same of their drift since the last calibration, after hours."),
    ]

    static let deviceFaults: [Setting] = [
        Setting(
            "enrichment.device.maintenance", \.enrichment.device.maintenance, .outages,
            "Times in which the device takes jobs and starts none, in seconds since the stage "
                + "started."),
        Setting(
            "enrichment.device.submissionsPerSecond", \.enrichment.device.submissionsPerSecond,
            .number(0.001...1_000_000),
            "Jobs above this rate are throttled and sent again later. null: no limit."),
        Setting(
            "enrichment.device.failureRate", \.enrichment.device.failureRate, .number(0...1),
            "Share of the jobs that fail."),
        Setting(
            "enrichment.device.cancelRate", \.enrichment.device.cancelRate, .number(0...1),
            "Share of the jobs that the device's operator cancels."),
        Setting(
            "enrichment.device.lateRate", \.enrichment.device.lateRate, .number(0...1),
            "Share of the results that come late."),
        Setting(
            "enrichment.device.lateSeconds", \.enrichment.device.lateSeconds,
            .number(0.001...86_400), "By how much, on average; exponential."),
        Setting(
            "enrichment.device.duplicateRate", \.enrichment.device.duplicateRate, .number(0...1),
            "Share of the results that come twice."),
        Setting(
            "enrichment.device.garbledRate", \.enrichment.device.garbledRate, .number(0...1),
            "Share of the results that arrive damaged; they are found out and count as failed."),
        Setting(
            "enrichment.device.lostRate", \.enrichment.device.lostRate, .number(0...1),
            "Share of the results that never come; see enrichment.resultTimeoutSeconds."),
        Setting(
            "enrichment.device.seed", \.enrichment.device.seed,
            .integer(0...9_007_199_254_740_991),
            "Decides tenants, drift and faults; never the shots, which each job's own seed decides."
        ),
    ]
}
