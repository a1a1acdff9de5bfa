public import Determinism

extension BudgetBook {
    /// What the budgets say of one call; changes nothing but the count of what was worth buying.
    ///
    /// - Parameters:
    ///   - partition: the record's data partition, one of ours.
    ///   - estimate: an upper bound of the price.
    ///   - worth: what is known of the call's worth.
    ///   - draw: uniform in [0, 1), independent of the record's worth and of other rules' draws.
    public mutating func decide(
        partition: Int, _ subject: BudgetSubject, estimate: Money, worth: CallWorth, draw: Double
    ) -> BudgetAnswer {
        var answer = BudgetAnswer(outcome: .affordable, budget: nil, probability: 1, lambda: 0)
        var dearest: Int?
        let isWorth =
            switch worth {
            case .expected(let value): value > estimate.units
            case .unknown, .weighed: true
            }
        for budget in limits.indices where isActive[budget] && scopes[budget].covers(subject) {
            let index = slot(budget, partition)
            if isWorth { accounts[index]?.offered += estimate }
            guard answer.outcome == .affordable else { continue }
            if let refusal = refusal(budget, index, estimate) {
                answer.outcome = refusal
                answer.budget = budget
                continue
            }
            let share = limits[budget].hasStopLoss ? stopLosses[budget].share : 1
            if share < answer.probability {
                answer.probability = share
                answer.budget = budget
            }
            guard limits[budget].isPaced, let pacer = accounts[index]?.pacer else { continue }
            answer.lambda += pacer.lambda
            if worth == .unknown, pacer.probability < answer.probability {
                answer.probability = pacer.probability
                answer.budget = budget
            }
            dearest = budget
        }
        conclude(&answer, estimate, worth, dearest, draw)
        return answer
    }

    private func refusal(
        _ budget: Int, _ index: Int, _ estimate: Money
    ) -> BudgetAnswer.Outcome? {
        guard let account = accounts[index] else { return .unconfirmed }
        guard account.canReserve(estimate) else {
            return account.isConfirmed || !(estimate <= account.rights) ? .exhausted : .unconfirmed
        }
        let isAhead = limits[budget].isPaced && account.spent >= account.pacer.allowance
        return isAhead ? .ahead : nil
    }

    private func conclude(
        _ answer: inout BudgetAnswer, _ estimate: Money, _ worth: CallWorth, _ dearest: Int?,
        _ draw: Double
    ) {
        guard answer.outcome == .affordable else {
            answer.probability = 0
            return
        }
        if case .expected(let value) = worth, let dearest,
            !(value > estimate.units * (1 + answer.lambda))
        {
            answer = BudgetAnswer(
                outcome: .tooDear, budget: dearest, probability: 0, lambda: answer.lambda)
        } else if draw >= answer.probability {
            let isStopped = answer.budget.map { self.isStopped($0) } ?? false
            answer.outcome = isStopped ? .stopped : .notDrawn
        } else {
            answer.budget = nil
        }
    }

    /// Σλ of the paced budgets that such a call falls under, for a rule that weighs worth itself.
    public func shadowPrice(partition: Int, _ subject: BudgetSubject) -> Double {
        var sum = 0.0
        for budget in limits.indices
        where isActive[budget] && limits[budget].isPaced && scopes[budget].covers(subject) {
            sum += accounts[slot(budget, partition)]?.pacer.lambda ?? 0
        }
        return sum
    }

    /// Whether every budget has room for the estimate, prices and draws aside.
    ///
    /// - Returns: nil for yes; else the place in `limits` of the first budget that has none.
    public func canReserve(partition: Int, _ subject: BudgetSubject, estimate: Money) -> Int? {
        for budget in limits.indices where isActive[budget] && scopes[budget].covers(subject) {
            let account = accounts[slot(budget, partition)]
            guard account?.canReserve(estimate) == true else { return budget }
        }
        return nil
    }

    /// Sets the estimate aside in every budget that the call falls under: in all or, where one has no
    /// room, in none.
    public mutating func reserve(
        partition: Int, _ subject: BudgetSubject, estimate: Money, now: Timestamp
    ) -> BudgetReservation? {
        guard canReserve(partition: partition, subject, estimate: estimate) == nil else {
            return nil
        }
        var mask: UInt64 = 0
        for budget in limits.indices where isActive[budget] && scopes[budget].covers(subject) {
            accounts[slot(budget, partition)]?.reserve(estimate)
            mask |= 1 << UInt64(budget)
        }
        return BudgetReservation(
            partition: partition, estimate: estimate, at: now, budgets: mask)
    }

    /// A reservation read back, with the budgets that cover it as they are configured now.
    public func reservation(
        partition: Int, _ subject: BudgetSubject, estimate: Money, at: Timestamp
    ) -> BudgetReservation {
        var mask: UInt64 = 0
        for budget in limits.indices where isActive[budget] && scopes[budget].covers(subject) {
            mask |= 1 << UInt64(budget)
        }
        return BudgetReservation(partition: partition, estimate: estimate, at: at, budgets: mask)
    }

    /// Replaces an estimate by what was paid; once per reservation.
    ///
    /// What was paid less than estimated can be spent again within the reservation's window; once
    /// that is over, an unsettled estimate stays spent there, and only what exceeds it is counted, in
    /// the current window. A partition that is no longer ours is its new owner's to settle.
    ///
    /// - Returns: by how much accounts are overdrawn through a price above its estimate.
    @discardableResult
    public mutating func settle(_ reservation: BudgetReservation, actual: Money) -> Money {
        var overdrawn = Money.zero
        for budget in limits.indices where reservation.budgets & (1 << UInt64(budget)) != 0 {
            let index = slot(budget, reservation.partition)
            guard let account = accounts[index] else { continue }
            let isCurrent = account.window == limits[budget].window.number(at: reservation.at)
            if isCurrent {
                overdrawn += accounts[index]?.settle(reservation.estimate, actual: actual) ?? .zero
            } else if actual > reservation.estimate {
                let excess = actual - reservation.estimate
                overdrawn += accounts[index]?.settle(.zero, actual: excess) ?? .zero
            }
        }
        return overdrawn
    }

    /// Gives back what was set aside for a call that costs nothing: `settle` at zero.
    public mutating func release(_ reservation: BudgetReservation) {
        settle(reservation, actual: .zero)
    }

    /// How an account stands; nil for a partition that is not ours.
    public func standing(of budget: Int, partition: Int) -> BudgetStanding? {
        guard let account = accounts[slot(budget, partition)] else { return nil }
        return BudgetStanding(
            window: account.window, cap: account.cap, share: account.share,
            reserved: account.reserved, settled: account.settled, demand: account.demand,
            lambda: limits[budget].isPaced ? account.pacer.lambda : 0,
            isConfirmed: account.isConfirmed)
    }
}

/// How one partition's account of one budget stands.
public struct BudgetStanding: Equatable, Sendable {
    public var window: Int64
    public var cap: Money
    public var share: Money
    public var reserved: Money
    public var settled: Money
    /// Estimates of calls that were worth it, millionths per second.
    public var demand: Double
    public var lambda: Double
    public var isConfirmed: Bool
}
