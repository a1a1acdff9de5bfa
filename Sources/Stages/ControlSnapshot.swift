public import Contracts
internal import Determinism
public import Models

/// The control plane as last seen: a value that stages read once per batch.
public struct ControlSnapshot: Sendable {
    public var killSwitch = false
    /// The offset on `control` of the last change taken in; -1 before the first. Grows with every
    /// change, and is the same for all who have taken in the same ones.
    public internal(set) var controlVersion: Int64 = -1
    /// An operator's mode, which wins over the configured one.
    public var mode: Mode?
    /// The share of records in 0…1 that live mode holds for under an operator's canary.
    public var canaryShare: Double?
    /// Operators' caps on spending, by the budget's name; a budget without one is as configured.
    public var budgets: [String: Double] = [:]
    /// When each of them was set, in milliseconds since the Unix epoch.
    public var budgetVersions: [String: Int64] = [:]
    /// Operators' limits, by name (`rate`, `concurrency`, `weight/TENANT`).
    public var limits: [String: Double] = [:]
    /// Counts the changes to `budgets` and `limits`: a stage looks into them when it has moved.
    public var limitsVersion = 0
    /// The model that new records are scored with.
    public var model: ActiveModel? { didSet { if let model { remember(model) } } }
    /// Versions that messages under way may name, newest first, the current one among them.
    public private(set) var recentModels: [ActiveModel] = []
    /// The last heartbeat of each device, by each instance that serves it; few and unsorted.
    public var devices: [QPUStatusMessage] = []
    /// What the shadow stage has learnt of the model in force; nil before it has said anything.
    public internal(set) var evidence: ModelEvidence?
    /// The same by partition, of any version.
    var partitions: [EvidenceMessage] = []
    /// What each device's heartbeats told of its jobs.
    public private(set) var feedback: [DeviceFeedback] = []
    /// The last message of each key of `leases`, committed ones only.
    public var leases: [String: LeaseMessage] = [:]
    /// Grows with every message of `leases`: who has seen this number has seen them all.
    public var leaseCount = 0

    public init() {}

    /// Takes in one setting.
    public mutating func apply(_ message: ControlMessage) {
        switch message.setting {
        case .killSwitch: killSwitch = message.value == "on"
        case .mode:
            mode = Mode(rawValue: message.value)
            canaryShare = mode == .canary ? message.percent.map { $0 / 100 } : nil
        case .budget:
            budgets[message.name ?? ""] = message.amount
            budgetVersions[message.name ?? ""] = message.at.milliseconds
            limitsVersion += 1
        case .limit:
            limits[message.name ?? ""] = message.amount
            limitsVersion += 1
        }
    }

    /// The version that a message names; nil for one that is not known here.
    public func model(named identity: ByteSlice) -> ActiveModel? {
        if let model, model.identity.slice.equals(identity) { return model }
        return recentModels.first { $0.identity.slice.equals(identity) }
    }

    /// Makes a version known beside the current one; another one of the same identity gives way.
    public mutating func remember(_ version: ActiveModel) {
        recentModels.removeAll { $0.identity.slice.equals(version.identity.slice) }
        recentModels.insert(version, at: 0)
        if recentModels.count > Self.maximumModels { recentModels.removeLast() }
    }

    /// More versions than are ever under way at once; each is some tens of kilobytes.
    private static let maximumModels = 8

    /// What each device's instances report together, in the order in which devices came up.
    public var deviceStatuses: [QPUStatusMessage] {
        var names: [String] = []
        for status in devices where !names.contains(status.device) { names.append(status.device) }
        return names.compactMap { status(of: $0) }
    }

    /// What a device's instances report together: the newest heartbeat, with the queues and counts of
    /// the others that are alive.
    public func status(of device: String) -> QPUStatusMessage? {
        guard var status = newest(device), !status.instance.isEmpty else { return newest(device) }
        for other in devices where other.device == device && other.instance != status.instance {
            guard status.at - other.at < Self.instanceLifetime else { continue }
            status.queueDepth += other.queueDepth
            status.submitted += other.submitted
            status.completed += other.completed
            status.failed += other.failed
            status.throttled += other.throttled
            status.cacheHits = sum(status.cacheHits, other.cacheHits)
            status.cacheMisses = sum(status.cacheMisses, other.cacheMisses)
        }
        return status
    }

    /// Nil where neither says anything.
    private func sum(_ one: Int?, _ other: Int?) -> Int? {
        one == nil && other == nil ? nil : (one ?? 0) + (other ?? 0)
    }

    private func newest(_ device: String) -> QPUStatusMessage? {
        var newest: QPUStatusMessage?
        for status in devices where status.device == device {
            if newest.map({ $0.at < status.at }) ?? true { newest = status }
        }
        return newest
    }

    /// An instance that is silent for so long while another reports is gone.
    private static let instanceLifetime = TimeSpan.seconds(10 as Int64)

    public func feedback(of device: String) -> DeviceFeedback? {
        feedback.first { $0.device == device }
    }

    /// Takes in a heartbeat.
    public mutating func take(_ status: QPUStatusMessage) {
        let known = devices.firstIndex {
            $0.device == status.device && $0.instance == status.instance
        }
        if let known { devices[known] = status } else { devices.append(status) }
        if let index = feedback.firstIndex(where: { $0.device == status.device }) {
            feedback[index].add(status.outcomes)
        } else {
            var fresh = DeviceFeedback(device: status.device)
            fresh.add(status.outcomes)
            feedback.append(fresh)
        }
    }

    /// The last message of a partition on `evidence`.
    func evidence(partition: Int32) -> EvidenceMessage? {
        partitions.first { $0.partition == Int(partition) }
    }

    /// Adds up what the partitions say of the model in force.
    mutating func mergeEvidence() {
        evidence = model.flatMap {
            ModelEvidence(of: $0.identity.slice.string, merging: partitions)
        }
    }
}

/// How a device's jobs ended lately, numbered, so that a reader takes each once though it looks less
/// often than heartbeats come.
public struct DeviceFeedback: Sendable {
    public let device: String
    /// Outcomes since the beginning.
    public private(set) var count = 0
    private var latest: [DeviceOutcome] = []
    private static let kept = 1_024

    init(device: String) { self.device = device }

    mutating func add(_ outcomes: [DeviceOutcome]) {
        count += outcomes.count
        latest += outcomes
        if latest.count > 2 * Self.kept { latest.removeFirst(latest.count - Self.kept) }
    }

    /// Those after the first `seen`, as far as they are still kept.
    public func outcomes(since seen: Int) -> ArraySlice<DeviceOutcome> {
        latest.suffix(max(count - seen, 0))
    }
}

/// A model bundle, ready for use: what can be computed once per model is.
public final class ActiveModel: Sendable {
    public let bundle: ModelBundle
    /// `name@version`, as messages carry it.
    public let identity: OwnedBytes
    /// The model's own circuit.
    public let own: ModelCircuit
    /// What a call can step down to; nil where the model has nothing simpler.
    public let simpler: ModelCircuit?
    /// Of the bundle's name, whatever its version: what budgets of a model go by.
    let nameHash: UInt64
    let reduction: Reduction

    public init(_ bundle: ModelBundle) {
        self.bundle = bundle
        identity = OwnedBytes("\(bundle.name)@\(bundle.version)")
        own = ModelCircuit(of: bundle)
        simpler = bundle.simplerCircuit.map { ModelCircuit($0, of: bundle) }
        nameHash = StableHash.hash64(bundle.name)
        reduction = bundle.reduction()
    }
}

/// Applies control-plane messages in order: the pure core of whoever follows the topics.
///
/// A model stands on its topic twice: under its name, where the next version replaces it, and under
/// `name@version`, where it stays. So an instance that starts while records of the version before
/// are under way finds that version too.
public struct ControlState: Sendable {
    public private(set) var snapshot = ControlSnapshot()
    /// Messages that could not be read; the last good state stays in force.
    public private(set) var refused: [ContractViolation] = []
    private let modelName: String
    private var hasNewEvidence = false

    /// - Parameter modelName: the model to follow; others on the topic are ignored.
    public init(modelName: String) { self.modelName = modelName }

    /// Takes in every message of a batch; messages of data topics are ignored.
    public mutating func apply(_ batch: borrowing InboundBatch) {
        let parser = JSONParser()
        for index in 0..<batch.count {
            guard let value = batch.value(index) else { continue }
            do throws(ContractViolation) {
                switch batch.messages[index].position.topic {
                case .control:
                    try applyControl(key: batch.key(index), value, parser)
                    snapshot.controlVersion = batch.messages[index].position.offset
                case .models: try applyModel(key: batch.key(index), value)
                case .qpuStatus: try applyStatus(value, parser)
                case .evidence: try applyEvidence(key: batch.key(index), value, parser)
                case .leases: try applyLease(value, parser)
                default: break
                }
            } catch {
                refused.append(error)
            }
        }
        // Once a batch: after a start there may be a message of every partition.
        guard hasNewEvidence else { return }
        hasNewEvidence = false
        snapshot.mergeEvidence()
    }

    private mutating func applyControl(
        key: ByteSlice?, _ value: ByteSlice, _ parser: JSONParser
    ) throws(ContractViolation) {
        var message = ControlMessage()
        try message.read(value, with: parser)
        // The log entry of a change says what the setting says right behind it.
        if let key, message.isLog(key: key) { return }
        snapshot.apply(message)
    }

    private mutating func applyLease(
        _ value: ByteSlice, _ parser: JSONParser
    ) throws(ContractViolation) {
        var message = LeaseMessage()
        try message.read(value, with: parser)
        snapshot.leases[message.key] = message
        snapshot.leaseCount += 1
    }

    private mutating func applyModel(
        key: ByteSlice?, _ value: ByteSlice
    ) throws(ContractViolation) {
        guard let key = key?.string, key == modelName || key.hasPrefix(modelName + "@") else {
            return
        }
        do {
            let version = ActiveModel(try ModelBundle(decoding: value.bytes))
            if key == modelName { snapshot.model = version } else { snapshot.remember(version) }
            hasNewEvidence = true
        } catch {
            throw ContractViolation(.undecodable, "model '\(modelName)': \(error)")
        }
    }

    private mutating func applyStatus(
        _ value: ByteSlice, _ parser: JSONParser
    ) throws(ContractViolation) {
        var message = QPUStatusMessage()
        try message.read(value, with: parser)
        snapshot.take(message)
    }

    private mutating func applyEvidence(
        key: ByteSlice?, _ value: ByteSlice, _ parser: JSONParser
    ) throws(ContractViolation) {
        guard let key = key?.string, key.hasPrefix(modelName + "/") else { return }
        var message = EvidenceMessage()
        try message.read(value, with: parser)
        hasNewEvidence = true
        if let index = snapshot.partitions.firstIndex(where: { $0.partition == message.partition })
        {
            snapshot.partitions[index] = message
        } else {
            snapshot.partitions.append(message)
        }
    }

    /// Hands out the refusals once, for the log.
    public mutating func takeRefused() -> [ContractViolation] {
        defer { refused.removeAll() }
        return refused
    }
}
