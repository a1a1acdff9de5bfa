public import Determinism

/// What is known of a call's worth when its price is weighed.
public enum CallWorth: Equatable, Sendable {
    /// The expected gain, in units of the currency: the call goes on where
    /// value − price · (1 + Σλ) > 0.
    case expected(Double)
    /// Nothing is known: a paced budget buys a share of such calls, by the draw.
    case unknown
    /// The shadow price has been counted in already (`BudgetBook.shadowPrice`).
    case weighed
}

/// What the budgets say of one call.
public struct BudgetAnswer: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        /// Every budget that the call falls under has room.
        case affordable
        /// The cap, or what this partition has of it, is spent.
        case exhausted
        /// The operator changed the cap, and not all partitions are known to follow it yet.
        case unconfirmed
        /// A paced budget has spent ahead of its window.
        case ahead
        /// Not worth its price at the paced budgets' shadow prices.
        case tooDear
        /// Not drawn, by a paced budget that knows no values or by a stopped one's exploration.
        case notDrawn
        /// The same while the evidence says "no better".
        case stopped
    }

    public var outcome: Outcome
    /// Which budget refused, by its place in `BudgetBook.limits`; nil where none did.
    public var budget: Int?
    /// The chance that the draw let such a call pass; 0 where no draw would have.
    public var probability: Double
    /// The sum of the shadow prices counted.
    public var lambda: Double

    public var isAffordable: Bool { outcome == .affordable }
}

/// What was set aside for one call, so that it can be settled or released. A plain value: keep it with
/// the call, under its job's id; settle or release it once.
public struct BudgetReservation: Equatable, Sendable {
    public let partition: Int
    public let estimate: Money
    /// Under which windows: those of the instant at which it was made.
    public let at: Timestamp
    /// A bit for each budget in `BudgetBook.limits`.
    public let budgets: UInt64

    public init(partition: Int, estimate: Money, at: Timestamp, budgets: UInt64) {
        self.partition = partition
        self.estimate = estimate
        self.at = at
        self.budgets = budgets
    }
}
