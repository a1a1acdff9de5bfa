public import Contracts
import Determinism
public import Models

/// The control plane as last seen: a value that stages read once per batch.
public struct ControlSnapshot: Sendable {
    public var killSwitch = false
    /// An operator's mode, which wins over the configured one.
    ///
    /// Under an operator's canary it is `shadow`, and `canaryShare` says which records are live:
    /// whoever does not know of canaries serves nothing by mistake.
    public var mode: Mode?
    /// The share of records in 0…1 that live mode holds for under an operator's canary.
    public var canaryShare: Double?
    /// Operators' caps on spending, by the budget's name; a budget without one is as configured.
    public var budgets: [String: Double] = [:]
    /// Operators' limits, by name (`rate`, `concurrency`, `weight/TENANT`).
    public var limits: [String: Double] = [:]
    /// Counts the changes to `budgets` and `limits`: a stage looks into them when it has moved.
    public var limitsVersion = 0
    /// The model that new records are scored with.
    public var model: ActiveModel? { didSet { if let model { remember(model) } } }
    /// Versions that messages under way may name, newest first, the current one among them.
    public private(set) var recentModels: [ActiveModel] = []
    /// The last heartbeat of each device, few and unsorted.
    public var devices: [QPUStatusMessage] = []
    /// What the shadow stage has learnt of the model in force; nil before it has said anything.
    public internal(set) var evidence: ModelEvidence?
    /// The same by partition, of any version.
    var partitions: [EvidenceMessage] = []

    public init() {}

    /// The mode for one record.
    ///
    /// - Parameter idHash: `RecordKey.high` of its id: a record is in the canary, or never is, and
    ///   stays in as the share grows.
    public func mode(configured: Mode, idHash: UInt64) -> Mode {
        guard let canaryShare else { return mode ?? configured }
        return Self.canaryDraw(idHash) < canaryShare ? .live : .shadow
    }

    /// Uniform in [0, 1), independent of the draws of admission's sampling.
    private static func canaryDraw(_ idHash: UInt64) -> Double {
        Double(StableHash.combine(idHash, 0x63_61_6E_61_72_79) >> 11) * 0x1p-53
    }

    /// Takes in one setting.
    public mutating func apply(_ message: ControlMessage) {
        switch message.setting {
        case .killSwitch: killSwitch = message.value == "on"
        case .mode:
            let isCanary = message.value == ControlMessage.canary
            mode = isCanary ? .shadow : Mode(rawValue: message.value)
            canaryShare = isCanary ? message.percent.map { $0 / 100 } : nil
        case .budget:
            budgets[message.name ?? ""] = message.amount
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

    public func status(of device: String) -> QPUStatusMessage? {
        devices.first { $0.device == device }
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

/// A model bundle, ready for use: what can be computed once per model is.
public final class ActiveModel: Sendable {
    public let bundle: ModelBundle
    /// `name@version`, as messages carry it.
    public let identity: OwnedBytes
    /// `name@version` too, and what follows the feature map.
    public let circuit: OwnedBytes
    public let circuitHash: OwnedBytes
    let reduction: Reduction
    let encoding: AngleEncoding

    public init(_ bundle: ModelBundle) {
        self.bundle = bundle
        identity = OwnedBytes("\(bundle.name)@\(bundle.version)")
        circuit = OwnedBytes(bundle.circuit.identity)
        circuitHash = OwnedBytes(bundle.circuitHash)
        reduction = bundle.reduction()
        encoding = bundle.angleEncoding()
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
                case .control: try applyControl(key: batch.key(index), value, parser)
                case .models: try applyModel(key: batch.key(index), value)
                case .qpuStatus: try applyStatus(value, parser)
                case .evidence: try applyEvidence(key: batch.key(index), value, parser)
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
        if let index = snapshot.devices.firstIndex(where: { $0.device == message.device }) {
            snapshot.devices[index] = message
        } else {
            snapshot.devices.append(message)
        }
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
