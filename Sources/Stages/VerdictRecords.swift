import Models
internal import Contracts
internal import Determinism

/// Keeps one copy of names that recur from message to message: models, circuits, devices,
/// calibrations.
struct Interner {
    /// More names than this at once would be a misuse; the oldest is then copied anew.
    private static let capacity = 32
    private var names: [OwnedBytes] = []

    mutating func intern(_ slice: ByteSlice) -> OwnedBytes {
        for name in names where name.slice.equals(slice) { return name }
        return add(OwnedBytes(slice))
    }

    mutating func intern(_ text: String) -> OwnedBytes {
        let fresh = OwnedBytes(text)
        return withExtendedLifetime(fresh) {
            names.first { $0.slice.equals(fresh.slice) } ?? add(fresh)
        }
    }

    private mutating func add(_ name: OwnedBytes) -> OwnedBytes {
        if names.count >= Self.capacity { names.removeFirst() }
        names.append(name)
        return name
    }
}

/// A classical verdict that outlives its batch: copied out for records that wait.
struct KeptClassical {
    var id: OwnedBytes
    var score: Double
    var classicalModel: ClassicalModel
    var model: OwnedBytes
    var receivedAt: Timestamp
    var deadline: Timestamp
    var propensity: Double
    var mode: Mode
    /// Scores from here on are class 1: the threshold of the model version that scored the record.
    var threshold: Double
    var position: MessagePosition
    var headers: [MessageHeader]

    init(
        _ message: ClassicalVerdictMessage, _ control: ControlSnapshot,
        at position: MessagePosition, headers: [MessageHeader], _ names: inout Interner
    ) {
        id = OwnedBytes(message.id)
        score = message.score
        classicalModel = message.classicalModel
        model = names.intern(message.model)
        receivedAt = message.receivedAt
        deadline = message.deadline
        propensity = message.propensity
        mode = message.mode
        let version = control.model(named: message.model) ?? control.model
        threshold = version?.bundle.thresholds.decisionThreshold ?? 0.5
        self.position = position
        self.headers = headers
    }
}

extension KeptQuantum {
    /// Whether the model's own circuit was measured, whatever else was taken off the call.
    var isOfOwnCircuit: Bool { downgrade != .simplerCircuit }
}

/// A quantum verdict that outlives its batch.
struct KeptQuantum {
    var estimate: QuantumVerdictMessage.Estimate?
    var reason: ReasonCode
    var circuit: OwnedBytes
    var circuitHash: OwnedBytes
    var device: OwnedBytes
    var calibration: OwnedBytes
    var shots: Int
    var seed: UInt64
    var job: UInt64
    var cost: Double
    var downgrade: Downgrade
    var queueMilliseconds: Double
    var latencyMilliseconds: Double
    /// What live mode serves on this verdict when it comes in time; nil for the classical score.
    var liveScore: Double?

    init(_ message: QuantumVerdictMessage, _ names: inout Interner) {
        estimate = message.estimate
        reason = message.reason
        circuit = names.intern(message.circuit)
        circuitHash = names.intern(message.circuitHash)
        device = names.intern(message.device)
        calibration = names.intern(message.calibration)
        shots = message.shots
        seed = message.seed
        job = message.job
        cost = message.cost
        downgrade = message.downgrade
        queueMilliseconds = message.queueMilliseconds
        latencyMilliseconds = (message.completedAt - message.receivedAt).inMilliseconds
        liveScore = message.liveScore
    }
}

extension QuantumVerdictMessage {
    /// The score to serve on this verdict: quantum or blended; nil for the classical one.
    var liveScore: Double? {
        guard let estimate else { return nil }
        switch action {
        case .use: return estimate.score
        case .blend: return blendWeight * estimate.score + (1 - blendWeight) * classicalScore
        case .reject: return nil
        }
    }
}
