import Contracts

extension PipelineSnapshot {
    /// Every metric of the process, in the order in which a scrape shows them.
    ///
    /// Names and labels are a public contract: dashboards and alert rules are written against them.
    public var metrics: [MetricFamily] {
        process.metrics + pipelineMetrics + stageMetrics + deviceMetrics + scoreMetrics
    }

    private var pipelineMetrics: [MetricFamily] {
        [
            MetricFamily(
                "tandem_uptime_seconds", .gauge, "Time since the process started.",
                [MetricSample(uptimeSeconds)]),
            MetricFamily(
                "tandem_ready", .gauge,
                "1 when a model is present and every stage of the process has partitions.",
                [MetricSample(readiness.isReady)]),
            MetricFamily(
                "tandem_kill_switch", .gauge, "1 while the operator's kill switch is on.",
                [MetricSample(killSwitch)]),
            MetricFamily(
                "tandem_mode", .gauge, "1 for the mode in force.",
                Mode.allCases.map {
                    MetricSample($0 == mode, [MetricLabel("mode", $0.rawValue)])
                }),
            MetricFamily(
                "tandem_model_info", .gauge, "1 for the model in force.",
                model.map(\.sample) ?? []),
        ]
    }

    private var stageMetrics: [MetricFamily] {
        [
            stage(
                "received_total", .counter, "Messages read from the stage's input topics."
            ) { Double($0.received) },
            stage(
                "emitted_total", .counter, "Messages written to the stage's output topics."
            ) { Double($0.emitted) },
            stage(
                "rejected_total", .counter, "Messages that the stage sent to rejects."
            ) { Double($0.rejected) },
            stage(
                "ignored_total", .counter,
                "What the stage passed over: unknown fields, duplicates, late verdicts."
            ) { Double($0.ignored) },
            decisions,
            stage(
                "remembered", .gauge,
                "Records that the stage remembers, to recognise copies and late verdicts."
            ) {
                Double($0.remembered)
            },
            stage("held", .gauge, "Inputs that the stage holds open: its queue.") {
                Double($0.held)
            },
            stage(
                "unacknowledged", .gauge, "Messages sent and not acknowledged by the brokers yet."
            ) { Double($0.unacknowledged) },
            stage("partitions", .gauge, "Partitions assigned to the stage.") {
                Double($0.partitions)
            },
            stage("cpu_seconds_total", .counter, "CPU time of the stage's own thread.") {
                $0.cpuSeconds
            },
            stage("failed", .gauge, "1 when the stage ended by itself.") {
                $0.state == .failed ? 1 : 0
            },
        ]
    }

    private func stage(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ value: (StageSnapshot) -> Double
    ) -> MetricFamily {
        MetricFamily(
            "tandem_stage_" + name, kind, help,
            stages.map { MetricSample(value($0), [MetricLabel("stage", $0.stage.rawValue)]) })
    }

    /// Every reason of a stage that decides stands from the start at 0: a rate needs a first value.
    private var decisions: MetricFamily {
        MetricFamily(
            "tandem_stage_decisions_total", .counter,
            "Decisions by reason: admission's, confidence's and fallback's, and shadow's pairs.",
            stages.filter(\.stage.decides).flatMap { stage in
                ReasonCode.allCases.map { reason in
                    MetricSample(
                        stage.reasons[reason] ?? 0,
                        [
                            MetricLabel("stage", stage.stage.rawValue),
                            MetricLabel("reason", reason.rawValue),
                        ])
                }
            })
    }

    private var scoreMetrics: [MetricFamily] {
        [
            MetricFamily(
                "tandem_score_latency_seconds", .summary,
                "Time from a record's arrival to its score, by the score's source.",
                latencies.flatMap(\.samples)),
            MetricFamily(
                "tandem_score_deadline_misses_total", .counter,
                "Scores later than their deadline by more than the commit interval.",
                deadlineMisses.map { [MetricSample($0)] } ?? []),
        ]
    }
}

extension PipelineSnapshot {
    private var deviceMetrics: [MetricFamily] {
        [
            MetricFamily(
                "tandem_device_state", .gauge, "1 for the state that the device reports.",
                devices.flatMap { device in
                    DeviceState.allCases.map { state in
                        MetricSample(
                            state == device.state,
                            [device.label, MetricLabel("state", state.rawValue)])
                    }
                }),
            device("queue_depth", .gauge, "Circuits waiting or running.") { Double($0.queueDepth) },
            device("wait_seconds", .gauge, "Time until a circuit submitted now would start.") {
                $0.waitSeconds
            },
            device("service_seconds", .gauge, "Time for which one circuit occupies the device.") {
                $0.serviceSeconds
            },
            device("submitted_total", .counter, "Circuits submitted.") { Double($0.submitted) },
            device("completed_total", .counter, "Circuits completed.") { Double($0.completed) },
            device("failed_total", .counter, "Circuits that failed.") { Double($0.failed) },
            MetricFamily(
                "tandem_device_cache_lookups_total", .counter,
                "Jobs looked up in the result cache, by whether it answered them.",
                devices.flatMap(\.cacheSamples)),
            device("heartbeat_age_seconds", .gauge, "Time since the device's last heartbeat.") {
                $0.ageSeconds
            },
        ]
    }

    private func device(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ value: (DeviceSnapshot) -> Double
    ) -> MetricFamily {
        MetricFamily(
            "tandem_device_" + name, kind, help,
            devices.map { MetricSample(value($0), [$0.label]) })
    }
}

extension StageName {
    /// Whether the stage counts reasons.
    var decides: Bool {
        switch self {
        case .admission, .confidence, .fallback, .shadow: true
        case .ingestion, .reduction, .enrichment: false
        }
    }
}

extension ModelIdentity {
    fileprivate var sample: [MetricSample] {
        [
            MetricSample(
                true,
                [
                    MetricLabel("name", name), MetricLabel("version", version),
                    MetricLabel("circuit", circuit), MetricLabel("qubits", String(qubits)),
                ])
        ]
    }
}

extension DeviceSnapshot {
    fileprivate var label: MetricLabel { MetricLabel("device", device) }

    fileprivate var cacheSamples: [MetricSample] {
        [("hit", cacheHits), ("miss", cacheMisses)].compactMap { outcome, count in
            count.map { MetricSample($0, [label, MetricLabel("outcome", outcome)]) }
        }
    }
}

extension LatencySnapshot {
    fileprivate var samples: [MetricSample] {
        let label = MetricLabel("source", source.rawValue)
        let quantiles = [("0.5", p50), ("0.95", p95), ("0.99", p99), ("1", maximum)]
        return quantiles.map { MetricSample($1, [label, MetricLabel("quantile", $0)]) } + [
            MetricSample(sum, [label], suffix: "_sum"),
            MetricSample(Double(count), [label], suffix: "_count"),
        ]
    }
}

extension ProcessUse {
    /// Under the names that every Prometheus client library gives them.
    fileprivate var metrics: [MetricFamily] {
        [
            MetricFamily(
                "process_cpu_seconds_total", .counter, "User and system time of the process.",
                [MetricSample(cpuSeconds)]),
            MetricFamily(
                "process_resident_memory_bytes", .gauge, "Resident memory of the process.",
                residentBytes.map { [MetricSample($0)] } ?? []),
        ]
    }
}
