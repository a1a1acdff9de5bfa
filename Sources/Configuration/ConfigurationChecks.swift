/// Rules between settings, and values that are known but not to be used.
enum ConfigurationChecks {
    static func problems(
        in configuration: TandemConfiguration, sources: [String: SettingSource],
        checkProperty: PropertyCheck
    ) -> [ConfigurationProblem] {
        var found = Findings(sources: sources)
        checkDelivery(configuration, &found)
        checkAdmission(configuration, &found)
        checkConfidence(configuration.confidence, &found)
        checkLimits(configuration, &found)
        PropertyChecks.check(configuration.kafka, checkProperty, &found)
        return found.problems
    }

    struct Findings {
        let sources: [String: SettingSource]
        var problems: [ConfigurationProblem] = []

        mutating func add(_ key: String, _ what: String) {
            let source = source(of: key)
            problems.append(
                .init(key: key, source: source, message: "'\(key)'\(source.place) \(what)"))
        }

        func source(of key: String) -> SettingSource { sources[key] ?? .defaults }
    }

    private static func checkDelivery(
        _ configuration: TandemConfiguration, _ found: inout Findings
    ) {
        guard configuration.delivery == .exactlyOnce, configuration.brokers.isEmpty else { return }
        found.add(
            "delivery",
            "is 'exactly-once', but the embedded cluster has no transactions: name 'brokers', or use "
                + "auto")
    }

    private static func checkAdmission(
        _ configuration: TandemConfiguration, _ found: inout Findings
    ) {
        let admission = configuration.admission
        if admission.burst != nil, admission.ratePerSecond == nil {
            found.add("admission.burst", "limits nothing without 'admission.ratePerSecond'")
        }
        if admission.safetyMarginMs >= configuration.latencyBudgetMs {
            found.add(
                "admission.safetyMarginMs",
                "is \(admission.safetyMarginMs), which leaves no time of 'latencyBudgetMs' "
                    + "\(configuration.latencyBudgetMs): allowed is less")
        }
        if admission.statusStalenessMs <= configuration.enrichment.heartbeatMs {
            found.add(
                "admission.statusStalenessMs",
                "is \(admission.statusStalenessMs): allowed is more than 'enrichment.heartbeatMs' "
                    + "\(configuration.enrichment.heartbeatMs), or the device is always down")
        }
    }

    private static func checkConfidence(
        _ confidence: ConfidenceConfiguration, _ found: inout Findings
    ) {
        guard let accept = confidence.acceptConfidence, let blend = confidence.blendConfidence,
            blend > accept
        else { return }
        found.add(
            "confidence.blendConfidence",
            "is \(blend): allowed is at most 'confidence.acceptConfidence' \(accept)")
    }

    private static func checkLimits(_ configuration: TandemConfiguration, _ found: inout Findings) {
        let pipeline = configuration.pipeline
        if pipeline.batchMaximumMessages > pipeline.maximumUnacknowledged {
            found.add(
                "pipeline.maximumUnacknowledged",
                "is \(pipeline.maximumUnacknowledged): allowed is at least "
                    + "'pipeline.batchMaximumMessages' \(pipeline.batchMaximumMessages)")
        }
        let noisy = configuration.enrichment.noisy
        if noisy.t2Microseconds > 2 * noisy.t1Microseconds {
            found.add(
                "enrichment.noisy.t2Microseconds",
                "is \(noisy.t2Microseconds): allowed is at most twice "
                    + "'enrichment.noisy.t1Microseconds' \(noisy.t1Microseconds)")
        }
        let enrichment = configuration.enrichment
        checkDevice(enrichment.device, "enrichment.device", &found)
        for device in enrichment.devices { checkDevice(device, "enrichment.devices", &found) }
        checkFleet(enrichment, &found)
    }

    private static func checkFleet(
        _ enrichment: EnrichmentConfiguration, _ found: inout Findings
    ) {
        if enrichment.device.kind != .simulatedQPU {
            found.add("enrichment.device.kind", "is 'ideal': set 'enrichment.backend' instead")
        }
        var names: Set<String> = [enrichment.deviceName]
        for device in enrichment.devices where !names.insert(device.name).inserted {
            found.add("enrichment.devices", "has two devices named '\(device.name)'")
        }
        if enrichment.backend == .topic, !enrichment.devices.isEmpty {
            found.add(
                "enrichment.devices",
                "is for enrichment stages of Tandem: with 'enrichment.backend' topic, allowed is []"
            )
        }
    }

    /// - Parameter section: the section, or of the list in which the device stands.
    private static func checkDevice(
        _ device: DeviceConfiguration, _ section: String, _ found: inout Findings
    ) {
        func key(_ name: String) -> String {
            section == "enrichment.device" ? "\(section).\(name)" : section
        }
        for (name, windows) in [("outages", device.outages), ("maintenance", device.maintenance)] {
            let sorted = windows.sorted { $0.startSeconds < $1.startSeconds }
            for (earlier, later) in zip(sorted, sorted.dropFirst())
            where earlier.startSeconds + earlier.durationSeconds > later.startSeconds {
                found.add(key(name), "has \(name) that overlap")
            }
        }
        if device.queue == .outage, !device.outages.isEmpty {
            found.add(
                key("queue"), "is 'outage', which replaces 'enrichment.device.outages'"
            )
        }
        if device.calibrationSeconds >= 60 * device.calibrationMinutes {
            found.add(
                key("calibrationSeconds"),
                "is \(device.calibrationSeconds): allowed is less than the "
                    + "'enrichment.device.calibrationMinutes' \(device.calibrationMinutes) between two"
            )
        }
    }
}
