public import Contracts
import Determinism
public import Models

/// The control plane as last seen: a value that stages read once per batch.
public struct ControlSnapshot: Sendable {
    public var killSwitch = false
    /// An operator's mode, which wins over the configured one.
    public var mode: Mode?
    /// The model that new records are scored with.
    public var model: ActiveModel? { didSet { if let model { remember(model) } } }
    /// Versions that messages under way may name, newest first, the current one among them.
    public private(set) var recentModels: [ActiveModel] = []
    /// The last heartbeat of each device, few and unsorted.
    public var devices: [QPUStatusMessage] = []
    /// The last message of each key of `leases`, committed ones only.
    public var leases: [String: LeaseMessage] = [:]
    /// Grows with every message of `leases`: who has seen this number has seen them all.
    public var leaseCount = 0

    public init() {}

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

    /// - Parameter modelName: the model to follow; others on the topic are ignored.
    public init(modelName: String) { self.modelName = modelName }

    /// Takes in every message of a batch; messages of data topics are ignored.
    public mutating func apply(_ batch: borrowing InboundBatch) {
        let parser = JSONParser()
        for index in 0..<batch.count {
            guard let value = batch.value(index) else { continue }
            do throws(ContractViolation) {
                switch batch.messages[index].position.topic {
                case .control: try applyControl(value, parser)
                case .models: try applyModel(key: batch.key(index), value)
                case .qpuStatus: try applyStatus(value, parser)
                case .leases: try applyLease(value, parser)
                default: break
                }
            } catch {
                refused.append(error)
            }
        }
    }

    private mutating func applyControl(
        _ value: ByteSlice, _ parser: JSONParser
    ) throws(ContractViolation) {
        var message = ControlMessage()
        try message.read(value, with: parser)
        switch message.setting {
        case .killSwitch: snapshot.killSwitch = message.value == "on"
        case .mode: snapshot.mode = Mode(rawValue: message.value)
        }
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

    /// Hands out the refusals once, for the log.
    public mutating func takeRefused() -> [ContractViolation] {
        defer { refused.removeAll() }
        return refused
    }
}
