import Configuration
import Contracts
import Testing

@Suite("Loading a configuration")
struct LoaderTests {
    @Test("with no layers gives the defaults of the design")
    func defaults() throws {
        let loaded = try ConfigurationLoader.load()
        let configuration = loaded.configuration
        #expect(configuration == TandemConfiguration())
        #expect(configuration.topicPrefix == "tandem.")
        #expect(configuration.mode == .shadow)
        #expect(configuration.delivery == .auto)
        #expect(configuration.latencyBudgetMs == 1_000)
        #expect(configuration.admission.uncertaintyBand == ScoreInterval(low: 0, high: 1))
        #expect(configuration.confidence.intervalLevel == 0.95)
        #expect(loaded.source(of: "mode") == .defaults)
    }

    @Test("lets a later layer win: file, then environment, then command line")
    func layers() throws {
        let file = """
            latencyBudgetMs: 100
            partitions: 4
            model: fraud
            """
        let environment = [
            "TANDEM_LATENCY_BUDGET_MS": "200", "TANDEM_PARTITIONS": "6", "HOME": "/",
        ]
        let loaded = try ConfigurationLoader.load(
            file: file, environment: environment, overrides: ["latencyBudgetMs=300"])
        #expect(loaded.configuration.latencyBudgetMs == 300)
        #expect(loaded.configuration.partitions == 6)
        #expect(loaded.configuration.model == "fraud")
        #expect(loaded.source(of: "latencyBudgetMs") == .override)
        #expect(loaded.source(of: "partitions") == .environment(variable: "TANDEM_PARTITIONS"))
        #expect(loaded.source(of: "model") == .file(line: 3))
    }

    @Test("reads nested sections, lists, intervals, outages and properties")
    func shapes() throws {
        let file = """
            brokers: [one:9092, 'two:9093']
            mode: live
            admission:
              uncertaintyBand: [0.2, 0.8]
              ratePerSecond: 1e3
              allowRestricted: true
            enrichment:
              backend: ideal
              device:
                serviceTimeMs: 1.5
                outages:
                  - {startSeconds: 10, durationSeconds: 5}
                  - durationSeconds: 1
                    startSeconds: 20
            fallback:
            kafka:
              common: {security.protocol: SSL, enable.ssl.certificate.verification: true}
              consumer:
                fetch.wait.max.ms: 5
            """
        let configuration = try ConfigurationLoader.load(file: file).configuration
        #expect(configuration.brokers == ["one:9092", "two:9093"])
        #expect(configuration.mode == .live)
        #expect(configuration.admission.uncertaintyBand == ScoreInterval(low: 0.2, high: 0.8))
        #expect(configuration.admission.ratePerSecond == 1_000)
        #expect(configuration.admission.allowRestricted)
        #expect(configuration.enrichment.backend == .ideal)
        #expect(
            configuration.enrichment.device.outages == [
                PlannedOutage(startSeconds: 10, durationSeconds: 5),
                PlannedOutage(startSeconds: 20, durationSeconds: 1),
            ])
        #expect(
            configuration.kafka.common == [
                "security.protocol": "SSL", "enable.ssl.certificate.verification": "true",
            ])
        #expect(configuration.kafka.consumer == ["fetch.wait.max.ms": "5"])
    }

    @Test("takes brokers as text with commas, from any layer")
    func brokersAsText() throws {
        let file = try ConfigurationLoader.load(file: "brokers: one:9092, two:9092")
        let environment = try ConfigurationLoader.load(
            environment: ["TANDEM_BROKERS": "one:9092,two:9092"])
        let override = try ConfigurationLoader.load(overrides: ["brokers=[one:9092, two:9092]"])
        for loaded in [file, environment, override] {
            #expect(loaded.configuration.brokers == ["one:9092", "two:9092"])
        }
        let none = try ConfigurationLoader.load(file: "brokers: one:1", overrides: ["brokers="])
        #expect(none.configuration.brokers == [])
    }

    @Test("merges librdkafka properties name by name")
    func propertiesMerge() throws {
        let loaded = try ConfigurationLoader.load(
            file: "kafka: {common: {sasl.username: me, client.id: one}}",
            environment: ["TANDEM_KAFKA_COMMON_SASL_PASSWORD": "a=b, {c}"],
            overrides: ["kafka.common.client.id=two", "kafka.producer.linger.ms=1"])
        let expected = ["sasl.username": "me", "sasl.password": "a=b, {c}", "client.id": "two"]
        #expect(loaded.configuration.kafka.common == expected)
        #expect(loaded.configuration.kafka.producer == ["linger.ms": "1"])
        #expect(loaded.source(of: "kafka.common.client.id") == .override)
        #expect(loaded.source(of: "kafka.common.sasl.username") == .file(line: 1))
    }

    @Test("lets null put an optional setting back")
    func null() throws {
        let file = "admission: {ratePerSecond: 5, burst: 7}\nhttp: {port: 8080}"
        let loaded = try ConfigurationLoader.load(
            file: file, environment: ["TANDEM_HTTP_PORT": ""],
            overrides: ["admission.burst=null", "admission.ratePerSecond=null"])
        #expect(loaded.configuration == TandemConfiguration())
    }

    @Test("ignores variables that container platforms add for services")
    func serviceLinks() throws {
        let environment = [
            "TANDEM_HTTP_PORT": "tcp://10.0.0.7:8080", "TANDEM_HTTP_SERVICE_HOST": "10.0.0.7",
            "TANDEM_HTTP_SERVICE_PORT": "8080", "TANDEM_HTTP_PORT_8080_TCP_ADDR": "10.0.0.7",
            "TANDEM_TEST_BROKERS": "x", "TANDEM_CONFIG": "/etc/tandem/tandem.yaml",
        ]
        let loaded = try ConfigurationLoader.load(environment: environment)
        #expect(loaded == EffectiveConfiguration())
    }

    @Test(
        "takes an empty file, and one of comments only, as no settings", arguments: ["", "# x\n"])
    func emptyFile(text: String) throws {
        #expect(try ConfigurationLoader.load(file: text) == EffectiveConfiguration())
    }
}
