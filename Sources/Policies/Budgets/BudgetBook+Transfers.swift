public import Contracts
public import Determinism

/// What is to be written in the transaction of the batch.
public enum BudgetEntry: Equatable, Sendable {
    /// To `budgets`, keyed by the budget's name, on this partition.
    case account(partition: Int, BudgetStateMessage)
    /// To `leases`, under the message's key.
    case lease(LeaseMessage)
}

/// What a partition's owner says of its account.
struct Ask: Equatable, Sendable {
    var window: Int64
    var parts: Int64
    var spent: Money
    var cap: Money
    var version: Int64
    var demand: Double
    var at: Timestamp
}

struct CreditKey: Hashable, Sendable {
    var budget: Int
    var from: Int
    var to: Int
}

struct CreditTotal: Equatable, Sendable {
    var window: Int64
    var parts: Int64
}

extension BudgetBook {
    // MARK: Reading back

    /// Takes back an entry of a partition's changelog; the last one of a budget counts.
    ///
    /// Entries of budgets that are no longer configured are left alone.
    public mutating func restore(_ entry: BudgetStateMessage, partition: Int) {
        guard let budget = limits.firstIndex(where: { $0.name == entry.budget }),
            (0..<partitions).contains(partition), owned[partition]
        else { return }
        let index = slot(budget, partition)
        accounts[index]?.restore(
            window: Int64(entry.window), cap: Money(millionths: Int64(entry.cap)),
            version: Int64(entry.version), isConfirmed: entry.confirmed,
            settled: Money(millionths: Int64(entry.settled)),
            reserved: Money(millionths: Int64(entry.reserved)),
            granted: entry.granted.map { Int64($0) })
        refreshReceived(budget, partition)
    }

    /// Takes what is new on `leases`: committed messages, in the log's order, or the last of each key in
    /// any order; as often as they come. Cessions are not for the budgets.
    public mutating func follow(_ message: LeaseMessage) {
        guard let budget = limits.firstIndex(where: { $0.name == message.name }),
            (0..<partitions).contains(message.from), (0..<partitions).contains(message.to)
        else { return }
        switch message.kind {
        case .ask: take(ask: message, budget)
        case .credit:
            let key = CreditKey(budget: budget, from: message.from, to: message.to)
            let total = CreditTotal(
                window: Int64(message.window), parts: Int64(message.parts))
            guard Self.isNewer(total, than: credits[key]) else { return }
            credits[key] = total
            refreshReceived(budget, message.to)
        case .cession: break
        }
    }

    private mutating func take(ask message: LeaseMessage, _ budget: Int) {
        let index = slot(budget, message.from)
        asks[index] = Ask(
            window: Int64(message.window), parts: Int64(message.parts),
            spent: Money(millionths: Int64(message.spent)),
            cap: Money(millionths: Int64(message.cap)), version: Int64(message.version),
            demand: message.demand, at: message.at)
    }

    /// Totals only grow within a window.
    private static func isNewer(_ new: CreditTotal, than old: CreditTotal?) -> Bool {
        guard let old else { return true }
        return new.window > old.window || new.window == old.window && new.parts > old.parts
    }

    private mutating func refreshReceived(_ budget: Int, _ partition: Int) {
        let index = slot(budget, partition)
        guard let window = accounts[index]?.window else { return }
        let total = received(budget, partition, window: window)
        accounts[index]?.receive(total: total)
    }

    /// All that others gave a partition in a window, as far as it is known here.
    func received(_ budget: Int, _ partition: Int, window: Int64) -> Int64 {
        var sum: Int64 = 0
        for donor in 0..<partitions {
            let key = CreditKey(budget: budget, from: donor, to: partition)
            let committed = credits[key].flatMap { $0.window == window ? $0.parts : nil } ?? 0
            let draft = drafts[key].flatMap { $0.window == window ? $0.parts : nil } ?? 0
            sum += max(committed, draft)
        }
        return sum
    }

    // MARK: A changed cap

    /// Finds out whether all accounts live under the caps of ours.
    ///
    /// Until every other account is known to follow, it may still be spending under the old cap:
    /// nothing is free here. From then on debts (spent beyond the share) only shrink, since an
    /// account in debt neither spends nor gives, and each account holds back all of the others':
    /// together they then cannot spend what is missing.
    mutating func confirm(_ budget: Int) {
        for partition in 0..<partitions where owned[partition] {
            let index = slot(budget, partition)
            guard let account = accounts[index], !account.isConfirmed else { continue }
            let debts = debts(budget, except: partition, account)
            accounts[index]?.withheld = debts ?? .maximum
            guard debts == .zero else { continue }
            accounts[index]?.isConfirmed = true
            accounts[index]?.isDirty = true
        }
    }

    /// What the other accounts are in debt under an account's cap; nil while one of them is not known
    /// to follow it.
    private func debts(
        _ budget: Int, except own: Int, _ account: EscrowAccount
    ) -> Money? {
        var sum = Money.zero
        for partition in 0..<partitions where partition != own {
            guard let other = ask(budget, partition), other.window <= account.window,
                other.version > account.version
                    || other.version == account.version && other.cap == account.cap
            else { return nil }
            guard other.window == account.window else { continue }
            let parts = max(0, min(EscrowAccount.whole, other.parts))
            let share = account.cap.share(parts, of: EscrowAccount.whole)
            sum += max(.zero, other.spent - share)
        }
        return sum
    }

    /// How an account stands: ours as it is, another's as its owner last said.
    private func ask(_ budget: Int, _ partition: Int) -> Ask? {
        let index = slot(budget, partition)
        guard let account = accounts[index] else { return asks[index] }
        return Ask(
            window: account.window, parts: account.parts, spent: account.spent, cap: account.cap,
            version: account.version, demand: account.demand, at: now)
    }

    // MARK: Heartbeat

    /// Gives, and asks: does nothing before `nextDue`.
    public mutating func tick(now instant: Timestamp) {
        advance(to: instant)
        guard now >= nextHeartbeat else { return }
        let seconds = (now - lastHeartbeat).inSeconds
        nextHeartbeat = now + heartbeat
        lastHeartbeat = now
        for budget in limits.indices where isActive[budget] {
            measureDemand(budget, seconds)
            for partition in 0..<partitions where owned[partition] { give(budget, partition) }
            confirm(budget)
            for partition in 0..<partitions where owned[partition] { publish(budget, partition) }
        }
    }

    /// When `tick` has something to do.
    public var nextDue: Timestamp { nextHeartbeat }

    /// An exponential mean over a hundredth of the window, ten seconds to five minutes: short enough to
    /// follow traffic that moves, long enough that chance does not move shares.
    private mutating func measureDemand(_ budget: Int, _ seconds: Double) {
        guard seconds > 0 else { return }
        let memory = min(max(10, (limits[budget].window.length?.inSeconds ?? 6_000) / 100), 300)
        let weight = min(1, seconds / memory)
        for partition in 0..<partitions {
            let index = slot(budget, partition)
            guard let account = accounts[index] else { continue }
            let rate = Double(account.offered.millionths) / seconds
            let mean = account.demand + weight * (rate - account.demand)
            accounts[index]?.demand = mean < 1e-3 ? 0 : mean
            accounts[index]?.offered = .zero
        }
    }

    private mutating func give(_ budget: Int, _ donor: Int) {
        guard let account = accounts[slot(budget, donor)], account.rights > .zero else { return }
        let standings = (0..<partitions).map { standing(budget, $0, for: account, donor) }
        for grant in TransferPolicy.grants(from: donor, standings, cap: account.cap) {
            let total = accounts[slot(budget, donor)]?.grant(grant.amount, to: grant.to)
            guard let total = total.flatMap({ $0 }) else { continue }
            let key = CreditKey(budget: budget, from: donor, to: grant.to)
            drafts[key] = CreditTotal(window: account.window, parts: total)
            answered[key] = asks[slot(budget, grant.to)]?.at ?? now
            refreshReceived(budget, grant.to)
            var message = LeaseMessage(
                .credit, limits[budget].name, from: donor, to: grant.to)
            message.window = Int(account.window)
            message.parts = Int(total)
            pending.append(.lease(message))
        }
    }

    /// An account as the giver sees it: one that is silent counts with its initial share and wants
    /// nothing.
    private func standing(
        _ budget: Int, _ partition: Int, for account: EscrowAccount, _ donor: Int
    ) -> TransferPolicy.Standing {
        let isOurs = owned[partition]
        guard let ask = ask(budget, partition), ask.window >= account.window else {
            let initial = EscrowAccount.initialParts(partition, of: partitions)
            return TransferPolicy.Standing(
                partition: partition, rights: account.cap.share(initial, of: EscrowAccount.whole),
                demand: 0, isOpen: false)
        }
        let parts = max(0, min(EscrowAccount.whole, ask.parts))
        let answered = answered[CreditKey(budget: budget, from: donor, to: partition)]
        return TransferPolicy.Standing(
            partition: partition,
            rights: account.cap.share(parts, of: EscrowAccount.whole) - ask.spent,
            demand: ask.demand,
            isOpen: ask.window == account.window
                && (isOurs || ask.at != answered))
    }

    private mutating func publish(_ budget: Int, _ partition: Int) {
        let index = slot(budget, partition)
        guard let ask = ask(budget, partition), isNews(ask, since: published[index]) else {
            return
        }
        published[index] = ask
        var message = LeaseMessage(.ask, limits[budget].name, from: partition)
        message.window = Int(ask.window)
        message.parts = Int(max(0, ask.parts))
        message.spent = Self.exact(ask.spent)
        message.cap = Int(ask.cap.millionths)
        message.version = Int(ask.version)
        message.demand = ask.demand
        message.at = ask.at
        pending.append(.lease(message))
        // One that cannot spend before others know its account must be in its changelog too.
        accounts[index]?.isDirty = true
    }

    /// Whether others would divide the budget noticeably better for knowing it.
    private func isNews(_ ask: Ask, since old: Ask?) -> Bool {
        guard let old, old.window == ask.window, old.parts == ask.parts,
            old.version == ask.version, old.cap == ask.cap
        else { return true }
        let spent = Double((ask.spent - old.spent).millionths.magnitude)
        let grain = Double(ask.cap.millionths) * TransferPolicy.grain / Double(partitions)
        return spent > grain || abs(ask.demand - old.demand) > 0.1 * old.demand
    }

    // MARK: Writing

    /// What is to be written in the transaction that is open: call it before the transaction ends,
    /// and write all of it.
    public mutating func takeEntries() -> [BudgetEntry] {
        var entries = pending
        pending.removeAll()
        for budget in limits.indices {
            for partition in 0..<partitions {
                let index = slot(budget, partition)
                guard let account = accounts[index], account.isDirty else { continue }
                accounts[index]?.isDirty = false
                entries.append(
                    .account(partition: partition, message(account, limits[budget].name)))
            }
        }
        return entries
    }

    private func message(_ account: EscrowAccount, _ name: String) -> BudgetStateMessage {
        var message = BudgetStateMessage()
        message.budget = name
        message.window = Int(account.window)
        message.cap = Int(account.cap.millionths)
        message.version = Int(account.version)
        message.confirmed = account.isConfirmed
        message.settled = Self.exact(account.settled)
        message.reserved = Self.exact(account.reserved)
        message.granted = account.granted.map { Double($0) }
        return message
    }

    /// Beyond the largest cap no digit matters: the account is overdrawn either way.
    private static func exact(_ amount: Money) -> Int {
        Int(min(amount.millionths, EscrowAccount.largestTotal))
    }
}
