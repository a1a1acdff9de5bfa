import Contracts
import Determinism
import Models
import QuantumSimulator
import Stages
import TestSupport

/// A message to feed to a stage.
struct Input {
    var topic: Topic
    var offset: Int64 = 0
    var partition: Int32 = 0
    var key: [UInt8]? = Array("key".utf8)
    var value: [UInt8]?
    var headers: [MessageHeader] = []
    var timestamp = Clock.start

    init(_ topic: Topic, _ message: some TopicMessage, offset: Int64 = 0, partition: Int32 = 0) {
        self.topic = topic
        self.offset = offset
        self.partition = partition
        value = message.encoded
    }

    init(_ topic: Topic, value: [UInt8]?) {
        self.topic = topic
        self.value = value
    }

    var position: MessagePosition {
        MessagePosition(topic: topic, partition: partition, offset: offset)
    }
}

/// A message that a stage wrote.
struct Output: Equatable {
    var topic: Topic
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [MessageHeader]
    var timestamp: Timestamp?

    func decoded<Message: TopicMessage>(_ kind: Message.Type) throws -> Message {
        try Message.decoding(value ?? [])
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.text
    }
}

/// Everything that a stage did with one batch or tick.
struct Turn {
    var messages: [Output] = []
    var held: [MessagePosition] = []
    var released: [MessagePosition] = []

    func on(_ topic: Topic) -> [Output] { messages.filter { $0.topic == topic } }

    func decoded<Message: TopicMessage>(_ topic: Topic, _ kind: Message.Type) throws -> [Message] {
        try on(topic).map { try $0.decoded(kind) }
    }
}

/// When every test begins.
enum Clock {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
}

/// Drives one stage with hand-made batches at chosen instants.
struct Bench<Subject: Stage> {
    var stage: Subject
    var control = Training.control()
    var now = Clock.start

    init(_ stage: Subject) { self.stage = stage }

    var epoch: UInt64 = 1
    var acknowledgedEpoch: UInt64 = 0

    private var context: StageContext {
        StageContext(
            now: now, control: control, epoch: epoch, acknowledgedEpoch: acknowledgedEpoch)
    }

    mutating func process(_ inputs: [Input]) -> Turn {
        var outbound = OutboundBatch()
        stage.process(Self.batch(inputs), context, into: &outbound)
        return Self.turn(outbound)
    }

    /// Gives the stage entries of its changelog.
    mutating func restore(_ entries: [Input]) -> Turn {
        var outbound = OutboundBatch()
        stage.restore(Self.batch(entries), context, into: &outbound)
        return Self.turn(outbound)
    }

    private static func batch(_ inputs: [Input]) -> InboundBatch {
        var inbound = InboundBatch()
        for input in inputs {
            inbound.append(
                at: input.position, timestamp: input.timestamp, key: input.key.map { kept($0) },
                value: input.value.map { kept($0) }, headers: input.headers)
        }
        return inbound
    }

    mutating func process(_ input: Input) -> Turn { process([input]) }

    /// Moves the clock, then lets the stage do what is due.
    mutating func tick(after milliseconds: Int64 = 0) -> Turn {
        now = now + .milliseconds(milliseconds)
        var outbound = OutboundBatch()
        stage.tick(context, into: &outbound)
        return Self.turn(outbound)
    }

    private static func turn(_ batch: borrowing OutboundBatch) -> Turn {
        var turn = Turn()
        for index in batch.messages.indices {
            let message = batch.messages[index]
            turn.messages.append(
                Output(
                    topic: message.topic, key: batch.key(index)?.bytes,
                    value: batch.value(index)?.bytes, headers: message.headers,
                    timestamp: message.timestamp))
        }
        turn.held = batch.held
        turn.released = batch.released
        return turn
    }
}

extension Bench where Subject == Ingestion {
    init() { self.init(Ingestion()) }
}

/// A small model, trained once with the real simulator on a table with a known rule.
enum Training {
    static let features = ["alpha", "beta", "gamma"]
    static let model = ActiveModel(bundle(seed: 1))
    /// Another training of the same circuit: another version.
    static let other = ActiveModel(bundle(seed: 2))

    static var identity: ByteSlice { model.identity.slice }

    static func control() -> ControlSnapshot {
        var control = ControlSnapshot()
        control.model = model
        return control
    }

    private static func bundle(seed: UInt64) -> ModelBundle {
        var configuration = TrainingConfiguration()
        configuration.qubits = 2
        // One repetition ends in phases that a Z measurement does not see.
        configuration.repetitions = 2
        configuration.seed = seed
        configuration.shots = 256
        do {
            return try Trainer.train(
                table(), configuration: configuration, quantumFeatures: expectations)
        } catch {
            preconditionFailure("the table cannot be fitted: \(error)")
        }
    }

    private static func table() -> CSVTable {
        var draw = Draw(seed: 5)
        var values: [Double] = []
        var labels: [Int] = []
        for _ in 0..<80 {
            let row = (0..<3).map { _ in draw.probability() * 2 - 1 }
            values += row
            labels.append(row[0] + 0.5 * row[1] + 0.2 * (draw.probability() - 0.5) > 0 ? 1 : 0)
        }
        return CSVTable(source: "table", featureNames: features, features: values, labels: labels)
    }

    private static func expectations(
        _ angles: [Double], _ count: Int, _ specification: CircuitSpecification
    ) throws -> [Double] {
        let circuit = try CircuitTemplates.circuit(for: specification)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var output: [Double] = []
        try simulator.zExpectations(
            CircuitTemplates.strings(qubits: specification.qubits), parameters: angles,
            count: count, into: &output)
        return output
    }
}

/// Messages as the stage before writes them, ready to be changed.
enum Sample {
    static func features(_ id: String, _ values: [Double] = [0.5, -0.25, 0.125]) -> FeaturesMessage
    {
        var message = FeaturesMessage()
        message.id = kept(id)
        message.receivedAt = Clock.start
        message.model = Training.identity
        message.features = values
        return message
    }

    static func reduced(_ id: String, score: Double = 0.5) -> ReducedMessage {
        var message = ReducedMessage()
        message.id = kept(id)
        message.receivedAt = Clock.start
        message.model = Training.identity
        message.classicalScore = score
        message.components = [0.4, -0.9]
        return message
    }

    static func job(_ id: String, number: UInt64) -> JobMessage {
        var message = JobMessage()
        message.id = kept(id)
        message.job = number
        message.seed = StableHash.mix(number)
        message.receivedAt = Clock.start
        message.deadline = Clock.start + .milliseconds(250)
        message.classicalScore = 0.5
        message.shots = 256
        message.circuit = Training.model.circuit.slice
        message.circuitHash = Training.model.circuitHash.slice
        message.model = Training.identity
        message.device = kept("simulated-qpu")
        message.components = [0.4, -0.9]
        return message
    }

    static func measurement(_ id: String, head: Double = 2, error: Double = 0.01)
        -> MeasurementMessage
    {
        var message = MeasurementMessage()
        message.id = kept(id)
        message.job = 77
        message.receivedAt = Clock.start
        message.deadline = Clock.start + .milliseconds(250)
        message.classicalScore = 0.6
        message.shots = 256
        message.seed = 9
        message.circuit = Training.model.circuit.slice
        message.circuitHash = Training.model.circuitHash.slice
        message.model = Training.identity
        message.device = kept("simulated-qpu")
        message.calibration = kept("simulated-qpu/0")
        message.submittedAt = Clock.start + .milliseconds(2)
        message.startedAt = Clock.start + .milliseconds(5)
        message.completedAt = Clock.start + .milliseconds(9)
        message.cost = 0.25
        message.headValue = head
        message.headStandardError = error
        message.expectations = [0.1, 0.2, 0.3]
        return message
    }

    static func classical(
        _ id: String, mode: Mode = .live, admitted: Bool = true, reason: ReasonCode = .accepted
    ) -> ClassicalVerdictMessage {
        var message = ClassicalVerdictMessage()
        message.id = kept(id)
        message.score = 0.6
        message.model = Training.identity
        message.receivedAt = Clock.start
        message.deadline = Clock.start + .milliseconds(250)
        message.admitted = admitted
        message.reason = reason
        message.propensity = 0.5
        message.mode = mode
        return message
    }

    static func quantum(
        _ id: String, action: VerdictAction = .use, reason: ReasonCode = .accepted
    ) -> QuantumVerdictMessage {
        var message = QuantumVerdictMessage()
        message.id = kept(id)
        message.job = 77
        message.action = action
        message.reason = reason
        message.blendWeight = action == .use ? 1 : action == .blend ? 0.25 : 0
        message.classicalScore = 0.6
        message.model = Training.identity
        message.circuit = Training.model.circuit.slice
        message.circuitHash = Training.model.circuitHash.slice
        message.device = kept("simulated-qpu")
        message.calibration = kept("simulated-qpu/0")
        message.shots = 256
        message.seed = 9
        message.cost = 0.25
        message.queueMilliseconds = 3
        message.serviceMilliseconds = 4
        message.receivedAt = Clock.start
        message.completedAt = Clock.start + .milliseconds(9)
        if reason != .backendFailed {
            message.estimate = QuantumVerdictMessage.Estimate(
                score: 0.2, standardError: 0.01, low: 0.18, high: 0.22, confidence: 0.99)
        }
        return message
    }
}
