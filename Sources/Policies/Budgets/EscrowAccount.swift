internal import Determinism

/// What one data partition has of one budget in one window: its share, and what is gone of it.
///
/// Escrow as in O'Neil, "The escrow transactional method" (ACM TODS 11(4), 1986), with rights that
/// move between holders by running totals as in the bounded counter of Balegas et al., "Extending
/// eventually consistent cloud databases for enforcing numeric invariants" (SRDS 2015):
///
///     parts  = initial parts + Σ received − Σ granted        Σ over partitions ≤ one trillion
///     share  = ⌊parts · cap / one trillion⌋                  Σ over partitions ≤ cap
///     rights = share − settled − reserved                    never spent below zero
///
/// Parts are relative, so that a changed cap scales every share at once without a message.
struct EscrowAccount: Sendable {
    /// The whole cap in parts.
    static let whole: Int64 = 1_000_000_000_000
    /// Totals beyond this are not exact in JSON.
    static let largestTotal: Int64 = 1 << 53

    private(set) var window: Int64
    private(set) var cap: Money
    private(set) var version: Int64
    /// Whether all other accounts are known to live under this cap too, with their debts paid: until
    /// then nothing is spent that a lowered cap could miss.
    var isConfirmed: Bool
    private(set) var settled = Money.zero
    private(set) var reserved = Money.zero
    /// To each partition since the window's start.
    private(set) var granted: [Int64]
    private let initial: Int64
    private var received: Int64 = 0
    private(set) var share = Money.zero

    /// Of what the account has, what it may not spend: all while the cap is unconfirmed and others'
    /// accounts are unknown, then what they are in debt.
    var withheld = Money.zero
    var pacer = BudgetPacer()
    /// Estimates of calls that were worth it, since the last look, and per second.
    var offered = Money.zero
    var demand = 0.0
    /// Whether the changelog does not know this account as it is.
    var isDirty = false

    init(partition: Int, of partitions: Int, _ limits: BudgetLimits, window: Int64) {
        self.window = window
        cap = limits.cap
        version = limits.version
        // The configured cap is every account's first one.
        isConfirmed = limits.version == 0
        withheld = isConfirmed ? .zero : .maximum
        granted = [Int64](repeating: 0, count: partitions)
        initial = Self.initialParts(partition, of: partitions)
        weigh()
    }

    /// Equal shares; the first partitions hold one part more where it does not divide.
    static func initialParts(_ partition: Int, of partitions: Int) -> Int64 {
        let count = Int64(partitions)
        return whole / count + (Int64(partition) < whole % count ? 1 : 0)
    }

    var parts: Int64 { initial + received - granted.reduce(0, +) }
    var spent: Money { settled + reserved }
    /// Negative after the cap was lowered, or after calls that cost more than estimated.
    var rights: Money { share - spent }

    private mutating func weigh() {
        share = cap.share(max(0, min(Self.whole, parts)), of: Self.whole)
    }

    // MARK: Spending

    @inline(__always)
    func canReserve(_ estimate: Money) -> Bool {
        estimate >= .zero && estimate <= rights - withheld
    }

    mutating func reserve(_ estimate: Money) {
        reserved += estimate
        isDirty = true
    }

    /// Replaces an estimate by what was paid.
    ///
    /// - Returns: by how much the account is overdrawn through it; zero if the estimate was an upper
    ///   bound.
    mutating func settle(_ estimate: Money, actual: Money) -> Money {
        reserved = max(.zero, reserved - estimate)
        settled += max(.zero, actual)
        isDirty = true
        return actual > estimate ? max(.zero, .zero - rights) : .zero
    }

    // MARK: Window and cap

    /// Begins a later window with a full share.
    mutating func begin(_ next: Int64) {
        guard next > window else { return }
        window = next
        settled = .zero
        reserved = .zero
        granted = [Int64](repeating: 0, count: granted.count)
        received = 0
        pacer = BudgetPacer(keeping: pacer)
        isDirty = true
        weigh()
    }

    /// Takes over the operator's cap, unless it is older than the one here.
    ///
    /// - Returns: whether the cap changed, so that it has to be confirmed.
    mutating func adopt(_ limits: BudgetLimits) -> Bool {
        guard limits.version >= version, limits.cap != cap || limits.version != version else {
            return false
        }
        isConfirmed = false
        withheld = .maximum
        cap = limits.cap
        version = limits.version
        isDirty = true
        weigh()
        return true
    }

    // MARK: Transfers

    mutating func receive(total: Int64) {
        guard total != received else { return }
        received = total
        weigh()
    }

    /// Gives away at most `amount`, and never what is spent or set aside.
    ///
    /// - Returns: all that was given to the partition in this window; nil if nothing could be.
    mutating func grant(_ amount: Money, to partition: Int) -> Int64? {
        guard cap > .zero, amount > .zero else { return nil }
        let wanted = Self.parts(of: min(amount, cap), cap, .down)
        let kept = Self.parts(of: max(.zero, min(spent, cap)), cap, .up)
        let given = min(wanted, parts - kept)
        guard given > 0, granted[partition] <= Self.largestTotal - given else { return nil }
        granted[partition] += given
        isDirty = true
        weigh()
        return granted[partition]
    }

    /// The parts that an amount is worth under a cap.
    static func parts(
        of amount: Money, _ cap: Money, _ rounding: FloatingPointRoundingRule
    ) -> Int64 {
        let product = UInt64(amount.millionths).multipliedFullWidth(by: UInt64(whole))
        let (quotient, rest) = UInt64(cap.millionths).dividingFullWidth(product)
        return Int64(quotient) + (rounding == .up && rest > 0 ? 1 : 0)
    }

    // MARK: Restoring

    /// The account as its changelog has it.
    mutating func restore(
        window: Int64, cap: Money, version: Int64, isConfirmed: Bool, settled: Money,
        reserved: Money, granted: [Int64]
    ) {
        self.window = window
        self.cap = cap
        self.version = version
        self.isConfirmed = isConfirmed
        withheld = isConfirmed ? .zero : .maximum
        self.settled = settled
        self.reserved = reserved
        for index in self.granted.indices {
            self.granted[index] = index < granted.count ? granted[index] : 0
        }
        isDirty = false
        weigh()
    }
}
