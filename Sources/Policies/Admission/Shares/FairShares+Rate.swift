import Determinism

/// The division of the rate.
extension FairShares {
    private static let turns = 8

    /// Divides the burst among the accounts in use; savings beyond an account's part go to the pool.
    mutating func divideBurst() {
        weightInUse = 0
        for tenant in tenants where tenant.isUsed { weightInUse += tenant.weight }
        guard let rate = policy.rate, weightInUse > 0 else { return }
        let burst = Double(rate.burst)
        var (caps, held) = (0.0, 0.0)
        for tenant in tenants.indices where tenants[tenant].isUsed {
            let part = burst * tenants[tenant].weight / weightInUse
            let weights = tenants[tenant].weights(priorities)
            for level in 0..<3 where tenants[tenant].accounts[level].isUsed {
                // An account that cannot hold a whole call would never make one.
                let cap = max(1, part * priorities[level] / weights)
                let saved = tenants[tenant].accounts[level].tokens
                tenants[tenant].accounts[level].tokenCap = cap
                tenants[tenant].accounts[level].tokens = min(saved, cap)
                pool += max(0, saved - cap)
                caps += cap
                held += min(saved, cap)
            }
        }
        tokenCapacity = max(burst, caps)
        pool = min(pool, tokenCapacity - held)
    }

    /// Gives out the tokens that came in since the last time.
    mutating func refill(now: Timestamp) {
        guard let rate = policy.rate, now > refilled else { return }
        let elapsed = (now - refilled).inSeconds
        refilled = now
        guard weightInUse > 0 else {
            pool = min(tokenCapacity, pool + rate.tokensPerSecond * elapsed)
            return
        }
        // What takes longer than filling every account ends with all of them full.
        let flow = min(rate.tokensPerSecond * elapsed, 2 * tokenCapacity)
        var lent = 0.0
        for tenant in tenants.indices where tenants[tenant].isUsed {
            let nominal = flow * tenants[tenant].weight / weightInUse
            lent += policy.lendable * tenants[tenant].save(nominal, priorities)
        }
        lent = lend(lent, flow)
        var held = 0.0
        for tenant in tenants.indices { held += tenants[tenant].tokens }
        pool = max(0, min(pool + lent, tokenCapacity - held))
    }

    /// Divides what some do not need among those that do.
    ///
    /// - Returns: what nobody needs.
    private mutating func lend(_ amount: Double, _ flow: Double) -> Double {
        var rest = amount
        // What a bounded borrower may have in this refill, as a multiple of its weight.
        var allowance = policy.borrowing.map { flow / weightInUse * $0 } ?? .infinity
        for _ in 0..<Self.turns where rest > 1e-12 && allowance > 0 {
            var open = 0.0
            for tenant in tenants where tenant.tokenRoom > 0 { open += tenant.weight }
            guard open > 0 else { return rest }
            let unit = min(rest / open, allowance)
            allowance -= unit
            rest -= unit * open
            for tenant in tenants.indices where tenants[tenant].tokenRoom > 0 {
                rest += tenants[tenant].save(unit * tenants[tenant].weight, priorities)
            }
        }
        return rest
    }

    /// Calls that this tenant and priority could make at the last instant seen, nothing borrowed.
    public func savings(_ place: Place) -> Double {
        tenants[place.tenant].accounts[place.priority].tokens
    }

    /// Calls a second that are this tenant's and priority's own while all others use theirs.
    public func nominalRate(_ place: Place) -> Double? {
        guard let rate = policy.rate, weightInUse > 0 else { return nil }
        let tenant = tenants[place.tenant]
        let part = priorities[place.priority] / tenant.weights(priorities)
        return rate.tokensPerSecond * tenant.weight / weightInUse * part
    }
}
