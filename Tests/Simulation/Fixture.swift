import Contracts
import Determinism
import Foundation
import Models
import Pipeline
import Policies
import QuantumBackends
import SimulatedTransport
import Stages

/// A small model and its records, trained once.
enum Fixture {
    static let modelName = "fixture"

    static let table: CSVTable = {
        let path = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/breast-cancer/train.csv").path()
        do {
            return try CSVTable.read(path: path, labelColumn: "malignant")
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// The bundle as the `models` topic carries it.
    static let bundle = train()
    /// The same with layers that were trained after the feature map.
    static let ansatzBundle: [UInt8] = {
        var ansatz = AnsatzTraining()
        ansatz.repetitions = 1
        ansatz.maximumSteps = 60
        return train(ansatz)
    }()

    private static func train(_ ansatz: AnsatzTraining? = nil) -> [UInt8] {
        do {
            var configuration = TrainingConfiguration()
            configuration.name = modelName
            configuration.qubits = 3
            configuration.landmarks = 8
            configuration.shots = 128
            configuration.ansatz = ansatz
            let evaluation = CircuitEvaluation()
            return try Trainer.train(
                table, configuration: configuration, quantumFeatures: evaluation.expectations,
                quantumGradients: evaluation.gradients
            ).encoded()
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// A valid record of the table's row `sequence` (round and round).
    static func record(_ sequence: Int, id: String) -> [UInt8] {
        let names = table.featureNames
        let row = sequence % table.rowCount
        return ByteWriter.object { out in
            out.member("id", id)
            out.name("features")
            out.append(UInt8(ascii: "{"))
            for (column, name) in names.enumerated() {
                if column > 0 { out.append(UInt8(ascii: ",")) }
                out.appendQuoted(name)
                out.append(UInt8(ascii: ":"))
                out.append(number: table.features[row * names.count + column])
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// A fresh seed each run, printed, unless TANDEM_TEST_SEED names one.
    static let freshSeed: UInt64 = {
        let wanted = ProcessInfo.processInfo.environment["TANDEM_TEST_SEED"].flatMap { UInt64($0) }
        let seed = wanted ?? UInt64.random(in: 0..<1_000_000_000)
        print("simulation: TANDEM_TEST_SEED=\(seed) repeats the fresh-seed runs")
        return seed
    }()

    static let seeds: [UInt64] = [1, 2, 3, freshSeed]
}

/// Who serves the jobs.
enum EnrichmentSource {
    /// The enrichment stage with a simulated QPU.
    case simulatedQPU
    /// The enrichment stage with the ideal backend.
    case ideal
    /// `TopicWorker`: jobs carry their circuits in words.
    case topicWorker
}

/// One simulated run: what is configured, and what is published when.
struct Scenario {
    var seed: UInt64 = 1
    var mode = Mode.shadow
    var records = 120
    /// Between two records.
    var interval = TimeSpan.milliseconds(2)
    var partitions = 4
    var instances = 1
    var latencyBudget = TimeSpan.milliseconds(200)
    var device = SimulatedQPUConfiguration()
    var enrichment = EnrichmentSource.simulatedQPU
    var faults = FaultPlan()
    var limits = LoopLimits()
    /// Every so many records one that ingestion must refuse; 0 for none.
    var invalidEvery = 10
    /// Between two jobs' submissions nothing is gathered when 1.
    var batchSize = 16
    /// Between two reports of a device.
    var heartbeat = TimeSpan.milliseconds(20)
    /// A job without a result for so long counts as failed.
    var resultTimeout = TimeSpan.seconds(600)
    /// How long shadow keeps a verdict whose other half does not come.
    var pairing = TimeSpan.seconds(5)
    var sessionTimeout = TimeSpan.milliseconds(400)
    /// Whether admission may step down to the model's simpler circuit.
    var allowsSimplerCircuit = false
    /// The model that is published before the first record.
    var bundle = Fixture.bundle

    init() {
        device.servicePerRecord = .microseconds(500)
        device.price = DevicePrice(perTask: 1, perShot: 0)
    }

    /// Delays on every hop, drawn from the seed.
    mutating func addDelays() {
        faults.arrival = .microseconds(200)...(.milliseconds(3))
        faults.acknowledgement = .microseconds(200)...(.milliseconds(5))
        faults.fetch = .zero...(.milliseconds(2))
    }

    /// Starts every instance, publishes the model, and schedules the records.
    func pipeline() throws -> SimulatedPipeline {
        var plan = faults
        plan.seed = seed
        let time = ManualTimeSource()
        let start = time.now()
        let cluster = SimulatedCluster(time: time, partitions: partitions, faults: plan)
        cluster.sessionTimeout = sessionTimeout
        let pipeline = SimulatedPipeline(
            cluster, limits: limits, modelName: Fixture.modelName,
            makeStage: { name in try stage(name.stage, start: start) })
        pipeline.publish(
            to: .models, key: Array(Fixture.modelName.utf8), value: bundle)
        try pipeline.startAll(instances: instances)
        for sequence in 0..<records {
            pipeline.schedule(at: start + interval * Int64(sequence + 1)) { pipeline in
                let key = Array(id(sequence).utf8)
                pipeline.publish(to: .records, key: key, value: value(sequence))
            }
        }
        return pipeline
    }

    /// The end of publishing.
    func lastRecord(_ pipeline: SimulatedPipeline) -> Timestamp {
        ManualTimeSource().now() + interval * Int64(records)
    }

    func id(_ sequence: Int) -> String { "r\(seed)-\(sequence)" }

    func isInvalid(_ sequence: Int) -> Bool {
        invalidEvery > 0 && sequence % invalidEvery == invalidEvery - 1
    }

    private func value(_ sequence: Int) -> [UInt8] {
        isInvalid(sequence)
            ? Array("{\"id\":\"\(id(sequence))\",\"features\":[1,2]}".utf8)
            : Fixture.record(sequence, id: id(sequence))
    }

    var acceptedIDs: Set<String> {
        Set((0..<records).filter { !isInvalid($0) }.map(id))
    }

    private func stage(_ name: StageName, start: Timestamp) throws -> any Stage {
        switch name {
        case .ingestion: return Ingestion()
        case .reduction: return ReductionStage()
        case .admission:
            var policy = AdmissionPolicy()
            policy.mode = mode
            policy.takesInFlightFromStatus = true
            policy.ladder.allowsSimplerCircuit = allowsSimplerCircuit
            try policy.validate()
            return Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: latencyBudget, device: device.name,
                    writesPrograms: enrichment == .topicWorker))
        case .enrichment:
            let settings = EnrichmentSettings(
                batchSize: batchSize, heartbeat: heartbeat, resultTimeout: resultTimeout)
            switch enrichment {
            case .simulatedQPU:
                return Enrichment(settings, backend: try SimulatedQPU(device, start: start))
            case .ideal:
                return Enrichment(settings, backend: IdealBackend(name: device.name))
            case .topicWorker: return TopicWorker(device: device.name)
            }
        case .confidence: return try Confidence()
        case .fallback: return try Fallback()
        case .shadow: return try Shadow(limits: ShadowLimits(lifetime: pairing))
        }
    }

    static func control(_ setting: ControlMessage.Setting, _ value: String) -> [UInt8] {
        var message = ControlMessage()
        message.setting = setting
        message.value = value
        message.by = "test"
        var writer = ByteWriter(capacity: 512)
        message.write(into: &writer)
        return writer.contents
    }
}

extension SimulatedPipeline {
    func set(_ setting: ControlMessage.Setting, _ value: String) {
        publish(
            to: .control, key: Array(setting.rawValue.utf8),
            value: Scenario.control(setting, value))
    }
}
