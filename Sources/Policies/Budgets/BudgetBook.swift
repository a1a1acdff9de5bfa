public import Contracts
public import Determinism

/// All budgets as one admission instance holds them: for each budget and each data partition that it
/// owns an escrow account of the current window.
///
/// Hard caps hold for the fleet without a server between the instances. A partition's owner spends
/// from the partition's share alone, and writes what it spent to the partition's changelog in the
/// transaction that makes the job: whoever owns the partition next knows it. Shares move by running
/// totals that the giver's transaction writes, in its changelog and on `leases` at once. Whatever dies
/// or is cut off, the shares never sum to more than the cap, and no clock is trusted for it.
///
/// What the caps rest on: an estimate is an upper bound of the price (an actual price above it is
/// counted too, and an account that it overdraws buys nothing more until others have paid the debt,
/// but the bill is there); the number of data partitions stays as it is within a window; and a cap
/// that an operator lowers binds from when the instances hear of it.
///
/// One batch of the stage (`Σ` the transaction's boundary):
///
///     own(partitions, now)                       after an assignment, its changelog read back
///     restore(entry, partition) …                for each entry of `budgets` and `leases`' cessions
///     loop:
///         follow(message) …                      what is new on `leases`
///         adopt(limits)                          the operator's, when they changed
///         advance(to: now)                       windows, prices, what may be spent
///         for each record:
///             answer = decide(partition, subject, estimate, worth, draw)
///             if answer.isAffordable (and no later rule refuses):
///                 reservation = reserve(partition, subject, estimate, now)
///         settle(reservation, actual) / release(reservation)      for each job that came back
///         tick(now)                              gifts and asks, when a heartbeat is due
///         for entry in takeEntries(): emit it    Σ with the jobs
///     reset()                                    after an abort or a revocation; then `own` again
///
/// A value; the same calls give the same state. `decide` and `reserve` do not allocate.
public struct BudgetBook: Sendable {
    /// Time between two rounds of gifts and asks.
    public let heartbeat: TimeSpan
    public let partitions: Int
    /// In the order of first mention; one that the operator took away stays, inactive.
    public internal(set) var limits: [BudgetLimits]
    var scopes: [ScopeHash]
    var isActive: [Bool]
    var stopLosses: [StopLoss]
    /// By budget, then by partition; nil for partitions that others own.
    var accounts: [EscrowAccount?]
    var owned: [Bool]
    var now: Timestamp

    /// What others' asks say, in the order of `accounts`, and the last of ours.
    var asks: [Ask?]
    var published: [Ask?]
    /// Totals given, as `leases` has them; `drafts` are ours that no transaction has committed yet.
    var credits: [CreditKey: CreditTotal] = [:]
    var drafts: [CreditKey: CreditTotal] = [:]
    /// For each donor and receiver, which ask was answered last.
    var answered: [CreditKey: Timestamp] = [:]
    var nextHeartbeat: Timestamp
    var lastHeartbeat: Timestamp
    var pending: [BudgetEntry] = []

    /// - Parameters:
    ///   - limits: the configured budgets.
    ///   - partitions: of every data topic, 1…4096.
    ///   - heartbeat: time between two rounds of gifts and asks.
    /// - Throws: `PolicyError` naming what cannot work.
    public init(
        _ limits: [BudgetLimits], partitions: Int, heartbeat: TimeSpan = .milliseconds(500),
        stopLoss: StopLoss = .standard, now: Timestamp
    ) throws(PolicyError) {
        try BudgetLimits.validate(limits)
        try PolicyError.require(
            (1...4_096).contains(partitions), "partitions", partitions, "1…4096")
        try PolicyError.require(
            heartbeat >= .milliseconds(1), "budget heartbeat", "\(heartbeat.microseconds) µs",
            "1 ms or more")
        self.limits = limits
        self.partitions = partitions
        self.heartbeat = heartbeat
        self.now = now
        self.standardStopLoss = stopLoss
        nextHeartbeat = now
        lastHeartbeat = now
        scopes = limits.map { ScopeHash($0.scope) }
        isActive = limits.map { _ in true }
        stopLosses = limits.map { _ in stopLoss }
        accounts = Array(repeating: nil, count: limits.count * partitions)
        asks = Array(repeating: nil, count: limits.count * partitions)
        published = Array(repeating: nil, count: limits.count * partitions)
        owned = Array(repeating: false, count: partitions)
    }

    let standardStopLoss: StopLoss

    // MARK: The operator

    /// Takes over changed limits: caps, flags, new budgets; a budget not among them is no longer asked.
    ///
    /// A changed cap scales every share at once. Until all partitions are known to follow it, which
    /// takes a heartbeat or two, and debts under a lowered cap are paid, the budget refuses
    /// (`unconfirmed`): no share can be spent against a cap that others have passed.
    ///
    /// - Throws: `PolicyError` for limits that cannot work; nothing is changed then.
    public mutating func adopt(_ changed: [BudgetLimits]) throws(PolicyError) {
        try BudgetLimits.validate(changed)
        let names = Set(limits.map(\.name))
        let fresh = changed.filter { !names.contains($0.name) }
        try PolicyError.require(
            limits.count + fresh.count <= BudgetLimits.maximumCount, "number of budgets",
            limits.count + fresh.count, "0…\(BudgetLimits.maximumCount) since the start")
        let places = limits.map { old in changed.first { $0.name == old.name } }
        for (old, new) in zip(limits, places) {
            guard let new else { continue }
            // Another window is another account altogether: its numbers mean something else.
            try PolicyError.require(
                new.window == old.window, "budget '\(new.name)' window", new.window.rawValue,
                "\(old.window.rawValue), or another name")
        }
        for (budget, new) in places.enumerated() {
            isActive[budget] = new != nil
            guard var new else { continue }
            if new.version < limits[budget].version {
                new.cap = limits[budget].cap
                new.version = limits[budget].version
            }
            limits[budget] = new
            scopes[budget] = ScopeHash(new.scope)
        }
        for new in fresh { append(new) }
        advance(to: now)
    }

    private mutating func append(_ new: BudgetLimits) {
        limits.append(new)
        scopes.append(ScopeHash(new.scope))
        isActive.append(true)
        stopLosses.append(standardStopLoss)
        let none = [Ask?](repeating: nil, count: partitions)
        asks += none
        published += none
        for partition in 0..<partitions {
            accounts.append(owned[partition] ? fresh(limits.count - 1, partition) : nil)
        }
    }

    /// Takes the evidence's next verdict on what a budget buys; nil is for all budgets.
    public mutating func observe(_ verdict: EvidenceVerdict, budget: String? = nil) {
        for index in limits.indices where budget == nil || limits[index].name == budget {
            stopLosses[index].observe(verdict)
        }
    }

    /// Whether a budget's stop-loss is in force.
    public func isStopped(_ budget: Int) -> Bool {
        limits[budget].hasStopLoss && stopLosses[budget].isStopped
    }

    // MARK: Ownership

    /// The partitions that are ours from now on, their changelogs about to be read back or there.
    public mutating func own(_ mine: some Sequence<Int>, now: Timestamp) {
        self.now = max(self.now, now)
        for partition in mine where (0..<partitions).contains(partition) {
            guard !owned[partition] else { continue }
            owned[partition] = true
            for budget in limits.indices {
                accounts[slot(budget, partition)] = fresh(budget, partition)
            }
        }
    }

    /// Forgets everything that the changelogs and `leases` bring back, and all partitions.
    public mutating func reset() {
        for index in accounts.indices { accounts[index] = nil }
        for index in published.indices { published[index] = nil }
        for index in owned.indices { owned[index] = false }
        drafts.removeAll()
        answered.removeAll()
        pending.removeAll()
    }

    /// The account of a partition whose changelog has none: nothing of it is spent.
    private func fresh(_ budget: Int, _ partition: Int) -> EscrowAccount {
        var account = EscrowAccount(
            partition: partition, of: partitions, limits[budget],
            window: limits[budget].window.number(at: now))
        account.receive(total: received(budget, partition, window: account.window))
        return account
    }

    @inline(__always)
    func slot(_ budget: Int, _ partition: Int) -> Int { budget * partitions + partition }

    // MARK: Time

    /// Begins new windows, follows the caps, and brings paced budgets to `now`: once per batch.
    ///
    /// An account never goes back to an earlier window, whatever the clock of its owner says.
    public mutating func advance(to instant: Timestamp) {
        now = max(now, instant)
        for budget in limits.indices {
            let limit = limits[budget]
            let window = limit.window.number(at: now)
            for partition in 0..<partitions where owned[partition] {
                let index = slot(budget, partition)
                guard accounts[index] != nil else { continue }
                if accounts[index]?.adopt(limit) == true { published[index] = nil }
                if let account = accounts[index], account.window < window {
                    accounts[index]?.begin(window)
                    let total = received(budget, partition, window: window)
                    accounts[index]?.receive(total: total)
                }
                if limit.isPaced { pace(index, limit.window) }
            }
            confirm(budget)
        }
    }

    private mutating func pace(_ index: Int, _ window: BudgetWindow) {
        guard var account = accounts[index], let length = window.length,
            let bounds = window.bounds(of: account.window)
        else { return }
        account.pacer.advance(
            to: now, start: bounds.start, length: length, spent: account.spent,
            share: account.share)
        accounts[index]?.pacer = account.pacer
    }
}
