public import Contracts
public import Determinism

/// Weighted fair shares of a device's rate and of its places between tenants and priorities, for an
/// answer at once: granted or refused, no queue.
///
/// **Rate.** Each priority in use of each tenant has an account. New tokens go to the accounts that
/// have room, in proportion to the tenants' weights, and within a tenant to its priorities'; what
/// one account has no room for is lent to the others, and what none needs is kept for anyone. So a
/// tenant that asks for less than its share saves up to its part of the burst, then lends; when it
/// asks again it has its savings at once and its full share from then on: weighted max-min fairness
/// (Bertsekas and Gallager, "Data Networks", 1992, 6.5.2). All that is granted in any time t is at
/// most burst + rate · t.
///
/// **Places.** All calls in flight are at most the given number of places. Each account may hold so
/// many: its nominal part if it needs it, and a part by weight of what others do not need, divided
/// anew each `adjustment` by what was used, as API Priority and Fairness does, and at once when a
/// lender asks. Nothing running is stopped: what is lent comes back as calls end, before any
/// borrower gets another; what is not `lendable` is free at once. Parts of a place take turns.
///
/// Both bind where both are given. Memory is bounded: the most recent `maximumTenants` have accounts
/// of their own, all others share one. Nothing allocates after `init` except for a new tenant's
/// first record. Deterministic.
public struct FairShares: Sendable {
    /// Where a record's account is: valid until the next `prepare`.
    public struct Place: Equatable, Sendable {
        let tenant: Int
        let priority: Int
    }

    public let policy: SharePolicy
    /// The first is of the tenants that have none of their own.
    var tenants: [TenantShare] = []
    let priorities: SIMD4<Double>
    /// Weights of the tenants in use.
    var weightInUse = 0.0

    var pool: Double
    var tokenCapacity: Double
    var refilled: Timestamp

    var places: Int?
    var inFlightTotal = 0
    var nextAdjustment: Timestamp
    var adjusted: Timestamp?
    /// Moves the rounding of places, so that parts of a place take turns.
    var phase = 0.0

    private var index: [UInt64: Int] = [:]

    /// - Parameter policy: a validated policy.
    public init(policy: SharePolicy = SharePolicy(), now: Timestamp) {
        self.policy = policy
        priorities = SIMD4(policy.lowWeight, policy.normalWeight, policy.highWeight, 0)
        tokenCapacity = Double(policy.rate?.burst ?? 0)
        pool = tokenCapacity
        refilled = now
        nextAdjustment = now + policy.adjustment
        tenants.reserveCapacity(policy.maximumTenants + 1)
        index.reserveCapacity(policy.maximumTenants + 1)
        tenants.append(TenantShare(key: 0, weight: policy.defaultWeight, lastSeen: now))
        for (name, weight) in policy.weights.sorted(by: { $0.key < $1.key }) {
            let key = TenantKey(name).hash
            index[key] = tenants.count
            var tenant = TenantShare(key: key, weight: weight, isPinned: true, lastSeen: now)
            tenant.accounts[1].isUsed = true
            tenants.append(tenant)
        }
        divideBurst()
        for tenant in tenants.indices { pool = tenants[tenant].save(pool, priorities) }
    }

    /// Tenants with accounts of their own.
    public var tenantCount: Int { tenants.count - 1 }
    /// Calls in flight, of all tenants.
    public var inFlight: Int { inFlightTotal }

    /// Brings accounts up to `now` and finds the record's; time that runs backwards changes nothing.
    ///
    /// - Parameter places: calls that may be in flight on the device; nil divides none.
    public mutating func prepare(
        tenant: TenantKey, priority: Priority, places: Int? = nil, now: Timestamp
    ) -> Place {
        refill(now: now)
        if places != self.places {
            self.places = places
            divide(now: now)
        } else if places != nil, now >= nextAdjustment {
            divide(now: now, isPeriodic: true)
        }
        let level = Self.level(priority)
        let found = find(tenant.hash, now: now)
        tenants[found].lastSeen = max(tenants[found].lastSeen, now)
        if !tenants[found].accounts[level].isUsed { open(found, level, now: now) }
        return Place(tenant: found, priority: level)
    }

    /// Whether there is room. Changes nothing.
    public func verdict(_ place: Place) -> ShareVerdict {
        let account = tenants[place.tenant].accounts[place.priority]
        var isOwn = true
        if policy.rate != nil, account.tokens < 1 {
            guard policy.borrowing == nil, pool >= 1 else { return .rateLimited }
            isOwn = false
        }
        if let places {
            guard inFlightTotal < places, account.inFlight < account.places else {
                return .concurrencyLimited
            }
            isOwn = isOwn && Double(account.inFlight) < account.nominalPlaces
        }
        return isOwn ? .own : .borrowed
    }

    /// Takes what `verdict` granted.
    public mutating func take(_ place: Place) {
        if policy.rate != nil {
            if tenants[place.tenant].accounts[place.priority].tokens >= 1 {
                tenants[place.tenant].accounts[place.priority].tokens -= 1
            } else {
                pool = max(0, pool - 1)
            }
        }
        let inFlight = tenants[place.tenant].accounts[place.priority].inFlight + 1
        tenants[place.tenant].accounts[place.priority].inFlight = inFlight
        let high = tenants[place.tenant].accounts[place.priority].highWater
        tenants[place.tenant].accounts[place.priority].highWater = max(high, inFlight)
        inFlightTotal += 1
    }

    /// Notes that a record was refused for want of a place, and hears a lender at once.
    ///
    /// - Returns: the verdict after that, which may be a grant.
    public mutating func reconsider(_ place: Place, now: Timestamp) -> ShareVerdict {
        let isNew = !tenants[place.tenant].accounts[place.priority].wasRefused
        tenants[place.tenant].accounts[place.priority].wasRefused = true
        if isNew { divide(now: now) }
        return verdict(place)
    }

    /// All of it: `prepare`, `verdict`, and `take` if granted.
    public mutating func tryTake(
        tenant: TenantKey, priority: Priority, places: Int? = nil, now: Timestamp
    ) -> ShareVerdict {
        let place = prepare(tenant: tenant, priority: priority, places: places, now: now)
        var verdict = verdict(place)
        if verdict == .concurrencyLimited { verdict = reconsider(place, now: now) }
        if verdict.isGranted { take(place) }
        return verdict
    }

    /// A call of this tenant and priority ended.
    public mutating func release(tenant: TenantKey, priority: Priority) {
        let level = Self.level(priority)
        // A tenant that has accounts by now may have begun the call in those that all others share.
        var found = index[tenant.hash] ?? 0
        if tenants[found].accounts[level].inFlight == 0 { found = 0 }
        guard tenants[found].accounts[level].inFlight > 0 else { return }
        tenants[found].accounts[level].inFlight -= 1
        inFlightTotal -= 1
    }

    // MARK: Tenants

    static func level(_ priority: Priority) -> Int {
        switch priority {
        case .low: 0
        case .normal: 1
        case .high: 2
        }
    }

    /// The account of a tenant seen before; else a new one, or that of a tenant long quiet, or the
    /// shared one.
    private mutating func find(_ key: UInt64, now: Timestamp) -> Int {
        if let known = index[key] { return known }
        if tenants.count <= policy.maximumTenants {
            index[key] = tenants.count
            tenants.append(TenantShare(key: key, weight: policy.defaultWeight, lastSeen: now))
            return tenants.count - 1
        }
        var oldest = 0
        for tenant in 1..<tenants.count
        where !tenants[tenant].isPinned && tenants[tenant].inFlight == 0
            && (oldest == 0 || tenants[tenant].lastSeen < tenants[oldest].lastSeen)
        {
            oldest = tenant
        }
        guard oldest > 0, now - tenants[oldest].lastSeen >= policy.keepsIdle else { return 0 }
        index[tenants[oldest].key] = nil
        index[key] = oldest
        pool += tenants[oldest].tokens
        tenants[oldest] = TenantShare(key: key, weight: policy.defaultWeight, lastSeen: now)
        return oldest
    }

    private mutating func open(_ tenant: Int, _ level: Int, now: Timestamp) {
        tenants[tenant].accounts[level].isUsed = true
        divideBurst()
        let granted = min(pool, tenants[tenant].accounts[level].tokenRoom)
        tenants[tenant].accounts[level].tokens += granted
        pool -= granted
        if places != nil { divide(now: now) }
    }
}
