import Contracts
import Observability
import Testing

@Suite("The metrics of a pipeline")
struct PipelineMetricsTests {
    private func text(_ snapshot: PipelineSnapshot) -> String {
        PrometheusText.render(snapshot.metrics)
    }

    @Test("a process without stages, model or device says so, exactly")
    func bare() {
        var snapshot = PipelineSnapshot(mode: .live)
        snapshot.uptimeSeconds = 1.5
        snapshot.killSwitch = true
        snapshot.process.cpuSeconds = 0.25
        #expect(
            text(snapshot) == """
                # HELP process_cpu_seconds_total User and system time of the process.
                # TYPE process_cpu_seconds_total counter
                process_cpu_seconds_total 0.25
                # HELP tandem_uptime_seconds Time since the process started.
                # TYPE tandem_uptime_seconds gauge
                tandem_uptime_seconds 1.5
                # HELP tandem_ready 1 when a model is present and every stage of the process has \
                partitions.
                # TYPE tandem_ready gauge
                tandem_ready 0
                # HELP tandem_kill_switch 1 while the operator's kill switch is on.
                # TYPE tandem_kill_switch gauge
                tandem_kill_switch 1
                # HELP tandem_mode 1 for the mode in force.
                # TYPE tandem_mode gauge
                tandem_mode{mode="off"} 0
                tandem_mode{mode="shadow"} 0
                tandem_mode{mode="canary"} 0
                tandem_mode{mode="live"} 1

                """)
    }

    @Test(
        "each fact of a stage, a device and a latency has its sample",
        arguments: [
            "tandem_ready 1",
            "process_resident_memory_bytes 64000000",
            #"tandem_model_info{name="default",version="1f",circuit="zz-feature-map@1.0.0",qubits="4"} 1"#,
            #"tandem_stage_received_total{stage="ingestion"} 1000"#,
            #"tandem_stage_emitted_total{stage="fallback"} 990"#,
            #"tandem_stage_rejected_total{stage="shadow"} 10"#,
            #"tandem_stage_ignored_total{stage="fallback"} 2"#,
            #"tandem_stage_held{stage="enrichment"} 7"#,
            #"tandem_stage_unacknowledged{stage="reduction"} 5"#,
            #"tandem_stage_partitions{stage="confidence"} 8"#,
            #"tandem_stage_cpu_seconds_total{stage="admission"} 0.75"#,
            #"tandem_stage_failed{stage="admission"} 0"#,
            #"tandem_device_state{device="simulated-qpu",state="online"} 0"#,
            #"tandem_device_state{device="simulated-qpu",state="outage"} 1"#,
            #"tandem_device_queue_depth{device="simulated-qpu"} 3"#,
            #"tandem_device_wait_seconds{device="simulated-qpu"} 0.0015"#,
            #"tandem_device_service_seconds{device="simulated-qpu"} 2e-05"#,
            #"tandem_device_submitted_total{device="simulated-qpu"} 900"#,
            #"tandem_device_completed_total{device="simulated-qpu"} 890"#,
            #"tandem_device_failed_total{device="simulated-qpu"} 7"#,
            #"tandem_device_heartbeat_age_seconds{device="simulated-qpu"} 0.05"#,
            #"tandem_score_latency_seconds{source="classical",quantile="0.99"} 0.21"#,
            #"tandem_score_latency_seconds{source="classical",quantile="1"} 0.25"#,
            #"tandem_score_latency_seconds_sum{source="classical"} 0.5"#,
            #"tandem_score_latency_seconds_count{source="classical"} 4"#,
            "tandem_score_deadline_misses_total 3",
        ])
    func sample(line: String) {
        #expect(text(Fixture.full()).split(separator: "\n").contains { $0 == line })
    }

    @Test("a stage that decides shows every reason from the start, the others none")
    func decisions() {
        var snapshot = PipelineSnapshot(mode: .shadow)
        snapshot.stages = StageName.allCases.map(StageSnapshot.init)
        snapshot.stages[2].reasons = [.accepted: 41]
        let lines = text(snapshot).split(separator: "\n")
            .filter { $0.hasPrefix("tandem_stage_decisions_total{") }
        #expect(lines.count == 4 * ReasonCode.allCases.count)
        let admission = #"tandem_stage_decisions_total{stage="admission",reason="#
        #expect(lines.contains { $0 == admission + #""accepted"} 41"# })
        #expect(lines.contains { $0 == admission + #""killSwitch"} 0"# })
        #expect(!lines.contains { $0.contains(#"stage="reduction""#) })
    }

    @Test("names follow Prometheus' rules, and no sample stands twice")
    func names() throws {
        var seen: Set<String> = []
        for family in Fixture.full().metrics {
            #expect(family.name.wholeMatch(of: /(tandem|process)_[a-z]+(_[a-z]+)*/) != nil)
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
            #expect(family.help.hasSuffix("."))
            for sample in family.samples {
                let key = "\(family.name)\(sample.suffix)\(sample.labels)"
                #expect(seen.insert(key).inserted, "twice: \(key)")
            }
        }
    }
}
