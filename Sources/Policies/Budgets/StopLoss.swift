public import Contracts

/// Stops the spending of a budget while the evidence says that it buys nothing, but for a share that
/// keeps the evidence growing.
///
///     running ── `noBetter` or `worse`, `confirmations` times in a row ──▶ stopped
///        ▲                                                                   │
///        └─────────── `better`, `confirmations` times in a row ──────────────┘
///
/// Anything else in between begins the count anew, and "undecided" changes nothing: near its
/// threshold a verdict cannot switch spending on and off.
public struct StopLoss: Equatable, Sendable {
    /// Verdicts in a row that change the state, 1 or more.
    public let confirmations: Int
    /// Share of the calls still bought while stopped (ε), 0…1.
    public let exploration: Double
    public private(set) var isStopped = false
    private var count = 0

    /// - Throws: `PolicyError` naming the argument out of range.
    public init(confirmations: Int = 3, exploration: Double = 0.02) throws(PolicyError) {
        try PolicyError.require(
            confirmations >= 1, "stop-loss confirmations", confirmations, "1 or more")
        try PolicyError.require(
            (0...1).contains(exploration), "stop-loss exploration", exploration, "0…1")
        self.init(confirmed: confirmations, exploring: exploration)
    }

    /// Three verdicts in a row, and one call in fifty.
    public static let standard = StopLoss(confirmed: 3, exploring: 0.02)

    private init(confirmed confirmations: Int, exploring exploration: Double) {
        self.confirmations = confirmations
        self.exploration = exploration
    }

    /// Takes the next verdict: one for each time that the evidence was looked at anew.
    public mutating func observe(_ verdict: EvidenceVerdict) {
        let isContrary = isStopped ? verdict == .better : verdict == .noBetter || verdict == .worse
        count = isContrary ? count + 1 : 0
        guard count >= confirmations else { return }
        isStopped.toggle()
        count = 0
    }

    /// The share of calls that may be bought now.
    public var share: Double { isStopped ? exploration : 1 }
}
