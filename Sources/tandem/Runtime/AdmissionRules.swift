import Configuration
import Determinism
import Policies

extension AdmissionPolicy {
    /// Worth, breaker, concurrency and shares from the configuration; after rate and limit.
    mutating func apply(_ source: AdmissionConfiguration) {
        worth = source.worth.settings(exploration: source.explorationFraction)
        breaker = source.breaker.policy
        slowRun = source.breaker.slowMs.map { .milliseconds(Int64($0)) }
        adaptive = source.concurrency.policy(maximum: source.maximumInFlight)
        guard source.shares.isOn else { return }
        var shares = SharePolicy()
        shares.weights = source.shares.weights.weights
        shares.lendable = source.shares.lendable
        shares.borrowing = source.shares.borrowing
        shares.rate = rateLimit
        self.shares = shares
    }
}

extension WorthConfiguration {
    fileprivate func settings(exploration: Double) -> WorthSettings? {
        guard rule == .expectedValue else { return nil }
        var settings = WorthSettings()
        settings.referenceValue = referenceValue
        settings.caution = caution
        settings.lossIfLate = lossIfLate
        settings.explorationFraction = exploration
        return settings
    }
}

extension BreakerConfiguration {
    fileprivate var policy: BreakerPolicy? {
        guard isOn else { return nil }
        var policy = BreakerPolicy()
        policy.window = .time(.seconds(windowSeconds))
        policy.minimumCalls = minimumCalls
        policy.failureRate = failureRate
        policy.slowRate = slowRate
        policy.openWait = .seconds(openSeconds)
        policy.longestOpenWait = .seconds(max(openSeconds, longestOpenSeconds))
        policy.probes = probes
        return policy
    }
}

extension ConcurrencyConfiguration {
    fileprivate func policy(maximum: Int) -> ConcurrencyPolicy? {
        var policy = ConcurrencyPolicy()
        switch algorithm {
        case .fixed: return nil
        case .aimd: policy.algorithm = .aimd
        case .vegas: policy.algorithm = .vegas
        case .gradient2: policy.algorithm = .gradient2
        }
        policy.maximum = min(maximum, 1_000_000)
        policy.minimum = min(minimum, policy.maximum)
        policy.initial = min(max(initial, policy.minimum), policy.maximum)
        return policy
    }
}

extension TandemConfiguration {
    /// The configured budgets; nil where there are none.
    ///
    /// - Throws: naming the budget that cannot work.
    func budgetBook(at now: Timestamp) throws -> BudgetBook? {
        guard !admission.budgets.isEmpty else { return nil }
        do {
            return try BudgetBook(
                try admission.budgets.map { try $0.limits }, partitions: partitions, now: now)
        } catch {
            throw CommandFailure("admission.budgets: \(error)")
        }
    }
}

extension BudgetConfiguration {
    fileprivate var limits: BudgetLimits {
        get throws {
            var limits = BudgetLimits(name: name, cap: try Money(parsing: cap))
            limits.scope = BudgetScope(tenant: tenant, model: model, device: device)
            limits.window =
                switch window {
                case .hour: .hour
                case .day: .day
                case .week: .week
                case .total: .total
                }
            limits.isPaced = isPaced
            limits.hasStopLoss = hasStopLoss
            return limits
        }
    }
}
