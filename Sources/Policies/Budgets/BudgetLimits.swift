public import Contracts
public import Determinism

/// How long a budget lasts before it starts anew.
///
/// Windows begin at whole multiples of their length since the Unix epoch, in UTC: days at midnight,
/// weeks on Thursdays (1970-01-01 was one). So every instance knows the window without being told.
public enum BudgetWindow: String, CaseIterable, Sendable {
    case hour, day, week
    /// For ever: it never starts anew.
    case total

    /// Nil for `total`.
    public var length: TimeSpan? {
        switch self {
        case .hour: .seconds(3_600)
        case .day: .seconds(86_400)
        case .week: .seconds(604_800)
        case .total: nil
        }
    }

    /// The number of the window that holds an instant; windows before the epoch count as the first.
    public func number(at instant: Timestamp) -> Int64 {
        guard let length else { return 0 }
        return max(0, instant.microseconds) / length.microseconds
    }

    /// The first instant of a window, and the first behind it; nil for `total`.
    public func bounds(of number: Int64) -> (start: Timestamp, end: Timestamp)? {
        guard let length else { return nil }
        let start = Timestamp(microseconds: number * length.microseconds)
        return (start, start + length)
    }
}

/// What a price is charged to: names as hashes, so that the decision compares no text.
///
/// Two names of 10,000 share a hash with a probability below 1e-11.
public struct BudgetSubject: Equatable, Sendable {
    public var tenant: UInt64
    public var model: UInt64
    public var device: UInt64

    public init(tenant: UInt64, model: UInt64, device: UInt64) {
        self.tenant = tenant
        self.model = model
        self.device = device
    }

    public init(tenant: String, model: String, device: String) {
        self.init(
            tenant: StableHash.hash64(tenant), model: StableHash.hash64(model),
            device: StableHash.hash64(device))
    }

    /// The hash of a name in a message; an absent one is the empty name.
    public static func hash(_ name: ByteSlice?) -> UInt64 {
        guard let name else { return StableHash.hash64("") }
        return unsafe name.withUnsafeBytes { raw in unsafe StableHash.hash64(raw) }
    }
}

/// Which calls a budget pays for: those of one tenant, model, device, or any combination; nil is all.
public struct BudgetScope: Equatable, Sendable {
    public var tenant: String?
    public var model: String?
    public var device: String?

    public init(tenant: String? = nil, model: String? = nil, device: String? = nil) {
        self.tenant = tenant
        self.model = model
        self.device = device
    }
}

/// One named budget: what it pays for, how much, and how.
public struct BudgetLimits: Equatable, Sendable {
    /// Names the budget in messages, refusals and on the command line; unique.
    public var name: String
    public var scope = BudgetScope()
    public var window = BudgetWindow.day
    /// Never exceeded within a window.
    public var cap: Money
    /// Which of the operator's changes set the cap, growing with each (their instant does): 0 for the
    /// configured one.
    public var version: Int64 = 0
    /// Whether a shadow price spreads the spending over the window.
    public var isPaced = false
    /// Whether only the exploration share is paid for while the evidence says "no better".
    public var hasStopLoss = false

    public init(name: String, cap: Money) {
        self.name = name
        self.cap = cap
    }

    /// - Throws: `PolicyError` naming the first field that cannot work.
    public func validate() throws(PolicyError) {
        let isPlain = name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") }
        try PolicyError.require(
            isPlain && (1...64).contains(name.utf8.count), "budget name", "'\(name.prefix(70))'",
            "1 to 64 visible ASCII characters without '/'")
        try PolicyError.require(
            cap >= .zero && cap.millionths <= 1 << 53, "budget '\(name)' cap", cap,
            "0 to 9007199254.740992")
        try PolicyError.require(
            !isPaced || window != .total, "budget '\(name)' pacing", "on",
            "on only with a window of hour, day or week: 'total' has no end to spread towards")
        try PolicyError.require(
            (0...1 << 53).contains(version), "budget '\(name)' version", version, "0…2^53")
    }

    /// - Throws: `PolicyError` for a list that cannot work as a whole, or one of its budgets.
    public static func validate(_ budgets: [BudgetLimits]) throws(PolicyError) {
        try PolicyError.require(
            budgets.count <= maximumCount, "number of budgets", budgets.count, "0…\(maximumCount)")
        for (index, budget) in budgets.enumerated() {
            try budget.validate()
            try PolicyError.require(
                !budgets[..<index].contains { $0.name == budget.name }, "budget name",
                "'\(budget.name)' twice", "a name of its own for each budget")
        }
    }

    /// A reservation names its budgets by the bits of a word.
    public static let maximumCount = 64
}

/// A budget's scope as hashes.
struct ScopeHash: Equatable, Sendable {
    private let tenant: UInt64?
    private let model: UInt64?
    private let device: UInt64?

    init(_ scope: BudgetScope) {
        tenant = scope.tenant.map { StableHash.hash64($0) }
        model = scope.model.map { StableHash.hash64($0) }
        device = scope.device.map { StableHash.hash64($0) }
    }

    func covers(_ subject: BudgetSubject) -> Bool {
        (tenant.map { $0 == subject.tenant } ?? true)
            && (model.map { $0 == subject.model } ?? true)
            && (device.map { $0 == subject.device } ?? true)
    }
}
