/// By what admission tells calls worth making.
public enum WorthRule: String, Sendable, CaseIterable {
    /// A score within the uncertainty band.
    case band
    /// What a call is expected to bring above its price.
    case expectedValue = "expected-value"
}

/// What a quantum call is worth.
public struct WorthConfiguration: Equatable, Sendable {
    public var rule = WorthRule.band
    public var referenceValue = 1.0
    public var caution = 0.25
    public var lossIfLate = 0.0
    public init() {}
}

/// When a device is left alone.
public struct BreakerConfiguration: Equatable, Sendable {
    public var isOn = true
    public var windowSeconds = 10.0
    public var minimumCalls = 20
    public var failureRate = 0.5
    public var slowRate = 0.8
    /// `nil`: no call is slow.
    public var slowMs: Int?
    public var openSeconds = 5.0
    public var longestOpenSeconds = 300.0
    public var probes = 5
    public init() {}
}

/// How a device's limit on calls in flight is found.
public enum ConcurrencyAlgorithm: String, Sendable, CaseIterable {
    case fixed, aimd, vegas, gradient2
}

/// How many calls a device may have in flight.
public struct ConcurrencyConfiguration: Equatable, Sendable {
    public var algorithm = ConcurrencyAlgorithm.fixed
    public var initial = 256
    public var minimum = 1
    public init() {}
}

/// How rate and calls in flight are divided between tenants.
public struct SharesConfiguration: Equatable, Sendable {
    public var isOn = false
    /// The others weigh 1.
    public var weights = TenantWeights()
    public var lendable = 1.0
    /// `nil`: no bound.
    public var borrowing: Double?
    public init() {}
}

/// How long a configured budget lasts.
public enum BudgetPeriod: String, Sendable, CaseIterable {
    case hour, day, week, total
}

/// One budget for quantum calls.
public struct BudgetConfiguration: Equatable, Sendable {
    public var name: String
    /// Money, as written: exact.
    public var cap: String
    public var window = BudgetPeriod.day
    /// `nil`: every tenant, model, device.
    public var tenant: String?
    public var model: String?
    public var device: String?
    public var isPaced = false
    public var hasStopLoss = false

    public init(name: String, cap: String) {
        self.name = name
        self.cap = cap
    }
}

extension WorthRule: SettingRepresentable {}
extension ConcurrencyAlgorithm: SettingRepresentable {}

/// Numbers by name.
struct NamedNumbers {
    static func value(_ numbers: [String: Double]) -> ConfigurationValue {
        .map(numbers.sorted { $0.key < $1.key }.map { .init($0.key, .number($0.value)) })
    }

    static func numbers(_ value: ConfigurationValue) -> [String: Double]? {
        guard case .map(let entries) = value else { return nil }
        var numbers: [String: Double] = [:]
        for entry in entries {
            guard case .number(let number) = entry.value else { return nil }
            numbers[entry.key] = number
        }
        return numbers
    }
}

/// Tenants' weights, as a setting.
public struct TenantWeights: Equatable, Sendable, SettingRepresentable {
    public var weights: [String: Double] = [:]
    public init(_ weights: [String: Double] = [:]) { self.weights = weights }

    init?(settingValue: ConfigurationValue) {
        guard let weights = NamedNumbers.numbers(settingValue) else { return nil }
        self.weights = weights
    }

    var settingValue: ConfigurationValue { NamedNumbers.value(weights) }
}

extension BudgetConfiguration: SettingRepresentable {
    static let keys = ["name", "cap", "window", "tenant", "model", "device", "paced", "stopLoss"]

    init?(settingValue: ConfigurationValue) {
        guard case .map(let entries) = settingValue else { return nil }
        self.init(name: "", cap: "")
        for entry in entries {
            switch (entry.key, entry.value) {
            case ("name", .text(let text)): name = text
            case ("cap", .text(let text)): cap = text
            case ("window", .text(let text)):
                guard let period = BudgetPeriod(rawValue: text) else { return nil }
                window = period
            case ("tenant", .text(let text)): tenant = text
            case ("model", .text(let text)): model = text
            case ("device", .text(let text)): device = text
            case ("paced", .boolean(let on)): isPaced = on
            case ("stopLoss", .boolean(let on)): hasStopLoss = on
            default: return nil
            }
        }
        guard !name.isEmpty, !cap.isEmpty else { return nil }
    }

    var settingValue: ConfigurationValue {
        var entries: [ConfigurationValue.Entry] = [
            .init("name", .text(name)), .init("cap", .text(cap)),
            .init("window", .text(window.rawValue)),
        ]
        for (key, text) in [("tenant", tenant), ("model", model), ("device", device)] {
            if let text { entries.append(.init(key, .text(text))) }
        }
        if isPaced { entries.append(.init("paced", .boolean(true))) }
        if hasStopLoss { entries.append(.init("stopLoss", .boolean(true))) }
        return .map(entries)
    }
}
