import Configuration
import Testing

@Suite("A wrong configuration")
struct ProblemTests {
    private func messages(
        file: String? = nil, environment: [String: String] = [:], overrides: [String] = []
    ) -> [String] {
        do throws(ConfigurationError) {
            _ = try ConfigurationLoader.load(
                file: file, environment: environment, overrides: overrides)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test(
        "in a file names the key, the line and what is allowed",
        arguments: [
            (
                "\n\n\n\n\n\nadmision:\n  burst: 1",
                "unknown key 'admision' at line 7; did you mean 'admission'?"
            ),
            (
                "admission:\n  maximumInflght: 5",
                "unknown key 'admission.maximumInflght' at line 2; "
                    + "did you mean 'admission.maximumInFlight'?"
            ),
            ("shots: 5", "unknown key 'shots' at line 1; did you mean 'enrichment.shots'?"),
            ("zebra: 5", "unknown key 'zebra' at line 1"),
            (
                "admission.burst: 5",
                "unknown key 'admission.burst' at line 1; write 'burst' in the section 'admission'"
            ),
            (
                "kafka:\n  security.protocol: SSL",
                "unknown key 'kafka.security.protocol' at line 2; "
                    + "did you mean 'kafka.common.security.protocol'?"
            ),
            (
                "partitions: 0",
                "invalid value '0' for 'partitions' at line 1: "
                    + "allowed is a whole number from 1 to 10000"
            ),
            (
                "partitions: many",
                "invalid value 'many' for 'partitions' at line 1: "
                    + "allowed is a whole number from 1 to 10000"
            ),
            (
                "mode: on",
                "invalid value 'on' for 'mode' at line 1: allowed is one of off, shadow, canary, live"
            ),
            (
                "decisionThreshold: .nan",
                "invalid value '.nan' for 'decisionThreshold' at line 1: "
                    + "allowed is null or a number from 0 to 1"
            ),
            (
                "latencyBudgetMs: null",
                "invalid value null for 'latencyBudgetMs' at line 1: "
                    + "allowed is a whole number from 1 to 86400000"
            ),
            (
                "admission: {uncertaintyBand: [0.8, 0.2]}",
                "invalid value (a list) for 'admission.uncertaintyBand' at line 1: "
                    + "allowed is [low, high] with 0 <= low <= high <= 1"
            ),
            (
                "brokers: kafka",
                "invalid value 'kafka' for 'brokers' at line 1: "
                    + "allowed is host:port, several as a list or separated by commas"
            ),
            (
                "admission: 5",
                "invalid value '5' for 'admission' at line 1: allowed is a map of keys to values"
            ),
            (
                "- 1",
                "invalid value (a list) for 'the file' at line 1: "
                    + "allowed is a map of keys to values"
            ),
            ("model: a\nmodel: b", "not valid YAML at line 1: key 'model' twice"),
            ("model: [a", "not valid YAML at line 2: did not find expected ',' or ']'"),
        ])
    func file(text: String, expected: String) {
        #expect(messages(file: text) == [expected])
    }

    @Test("in the environment names the variable")
    func environment() {
        #expect(
            messages(environment: ["TANDEM_PARTITIONS": "x"]) == [
                "invalid value 'x' for 'partitions' in environment variable TANDEM_PARTITIONS: "
                    + "allowed is a whole number from 1 to 10000"
            ])
        #expect(
            messages(environment: ["TANDEM_LATENCY_BUDGET": "5"]) == [
                "unknown environment variable 'TANDEM_LATENCY_BUDGET'; "
                    + "did you mean 'TANDEM_LATENCY_BUDGET_MS'?"
            ])
    }

    @Test("on the command line says so")
    func overrides() {
        #expect(
            messages(overrides: ["mode", "mdoe=live", "enrichment.shots=0"]) == [
                "'mode' is not key=value, as in mode=live",
                "unknown key 'mdoe' on the command line; did you mean 'mode'?",
                "invalid value '0' for 'enrichment.shots' on the command line: "
                    + "allowed is a whole number from 1 to 1048576",
            ])
    }

    @Test("reports every problem of every layer at once, with the file's name")
    func collected() {
        #expect {
            try ConfigurationLoader.load(
                file: "partitions: 0\nbrokrs: live", fileName: "my.yaml", overrides: ["x=1"])
        } throws: { error in
            "\(error)" == """
                my.yaml: invalid value '0' for 'partitions' at line 1: allowed is a whole number \
                from 1 to 10000
                my.yaml: unknown key 'brokrs' at line 2; did you mean 'brokers'?
                unknown key 'x' on the command line
                """
        }
    }

    @Test("is refused for rules between settings")
    func crossChecks() {
        #expect(
            messages(file: "delivery: exactly-once") == [
                "'delivery' at line 1 is 'exactly-once', but the embedded cluster has no "
                    + "transactions: name 'brokers', or use auto"
            ])
        #expect(messages(file: "delivery: exactly-once\nbrokers: [\"kafka:9092\"]") == [])
        #expect(
            messages(overrides: ["latencyBudgetMs=5"]) == [
                "'admission.safetyMarginMs' is 5, which leaves no time of 'latencyBudgetMs' 5: "
                    + "allowed is less"
            ])
        #expect(
            messages(overrides: ["admission.burst=5"]) == [
                "'admission.burst' on the command line limits nothing without "
                    + "'admission.ratePerSecond'"
            ])
        let blend = ["confidence.acceptConfidence=0.5", "confidence.blendConfidence=0.6"]
        #expect(messages(overrides: blend).count == 1)
        #expect(messages(overrides: ["pipeline.maximumUnacknowledged=10"]).count == 1)
        #expect(messages(overrides: ["enrichment.heartbeatMs=20000"]).count == 1)
        #expect(
            messages(overrides: ["enrichment.noisy.t2Microseconds=400"]) == [
                "'enrichment.noisy.t2Microseconds' on the command line is 400.0: allowed is at "
                    + "most twice 'enrichment.noisy.t1Microseconds' 150.0"
            ])
        let first = "{startSeconds: 5, durationSeconds: 5}"
        let outages = "[\(first), {startSeconds: 1, durationSeconds: 5}]"
        #expect(
            messages(overrides: ["enrichment.device.outages=\(outages)"]) == [
                "'enrichment.device.outages' on the command line has outages that overlap"
            ])
        let windows = "enrichment.device.maintenance=\(outages)"
        #expect(messages(overrides: [windows]).count == 1)
        let single = "enrichment.device.outages=[\(first)]"
        #expect(messages(overrides: [single, "enrichment.device.queue=outage"]).count == 1)
        #expect(messages(overrides: ["enrichment.device.calibrationSeconds=3600"]).count == 1)
    }

    @Test("cannot take away what delivery rests on")
    func reservedProperties() {
        #expect(
            messages(file: "kafka:\n  consumer:\n    enable.auto.commit: true") == [
                "'kafka.consumer.enable.auto.commit' at line 3 cannot be set: "
                    + "offsets are committed after delivery"
            ])
    }

    @Test(
        "with properties that keep a member out of its group is refused",
        arguments: [
            (
                ["consumer.session.timeout.ms=5999"],
                "'kafka.consumer.session.timeout.ms' on the command line is 5999: allowed is 6000 "
                    + "or more, as brokers demand"
            ),
            (
                ["common.session.timeout.ms=400000"],
                "'kafka.common.session.timeout.ms' on the command line is 400000: allowed is at "
                    + "most 'max.poll.interval.ms' 300000"
            ),
            (
                ["consumer.session.timeout.ms=9000", "common.heartbeat.interval.ms=9000"],
                "'kafka.common.heartbeat.interval.ms' on the command line is 9000: allowed is less "
                    + "than 'session.timeout.ms' 9000, or the group takes the member for dead"
            ),
            (
                ["consumer.partition.assignment.strategy=cooperative-sticky"],
                "'kafka.consumer.partition.assignment.strategy' on the command line is "
                    + "'cooperative-sticky': allowed are range and roundrobin; stages hand "
                    + "partitions over whole"
            ),
        ])
    func groupProperties(settings: [String], expected: String) {
        #expect(messages(overrides: settings.map { "kafka." + $0 }) == [expected])
    }

    @Test("with sessions and heartbeats that fit each other is taken")
    func goodGroupProperties() {
        #expect(
            messages(overrides: [
                "kafka.consumer.session.timeout.ms=6000",
                "kafka.consumer.heartbeat.interval.ms=5999",
            ]).isEmpty)
        // The consumer's own wins over the common one.
        #expect(
            messages(overrides: [
                "kafka.common.session.timeout.ms=10", "kafka.consumer.session.timeout.ms=6000",
            ]).isEmpty)
    }

    @Test("names properties that librdkafka refuses, and hides secrets")
    func refusedProperties() {
        let file = """
            kafka:
              common:
                fetch.wait.ms: 5
                sasl.password: secret
              consumer:
                zebra: 1
            """
        #expect {
            try ConfigurationLoader.load(file: file) { name, _ in
                name == "sasl.password"
                    ? .invalid(allowed: "a text")
                    : .unknownName(known: ["acks", "fetch.wait.max.ms"])
            }
        } throws: { error in
            "\(error)" == """
                unknown key 'kafka.common.fetch.wait.ms' at line 3; did you mean \
                'kafka.common.fetch.wait.max.ms'?
                invalid value (hidden) for 'kafka.common.sasl.password' at line 4: allowed is a text
                unknown key 'kafka.consumer.zebra' at line 6; librdkafka has no such property
                """
        }
    }

    @Test("that multiplies itself through aliases is stopped")
    func aliases() {
        var file = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1...9 {
            let row = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            file += "a\(level): &a\(level) [\(row)]\n"
        }
        #expect(messages(file: file) == ["not valid YAML at line 1: more than 20000 values"])
    }
}
