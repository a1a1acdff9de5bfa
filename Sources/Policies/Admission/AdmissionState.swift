public import Contracts
public import Determinism

/// What admission remembers between decisions: a value that the caller owns and passes `inout`; a
/// decision allocates only when a device is seen for the first time.
public struct AdmissionState: Sendable {
    private var bucket: TokenBucket?
    private(set) var devices: [DeviceTrack] = []
    private var shares: FairShares?
    private var sharePlace: FairShares.Place?
    /// What the record in hand finds of its tenant's share; nil where shares are not divided.
    private(set) var shareVerdict: ShareVerdict?
    private var worth: Worth?
    private var evidence: FlipEvidence?
    /// The budgets that calls are paid from; nil for none. Its owner brings it up to date, restores
    /// and settles.
    public var budgets: BudgetBook?

    public init(policy: AdmissionPolicy, now: Timestamp, budgets: BudgetBook? = nil) {
        self.budgets = budgets
        bucket = policy.rateLimit.map { TokenBucket(limit: $0, now: now) }
    }

    /// Records in flight on all devices: admitted, no result reported, not yet given up as lost.
    public var inFlight: Int { devices.reduce(0) { $0 + $1.inFlight } }

    /// Those of one device; 0 for one not seen yet.
    public func inFlight(device: Int) -> Int {
        devices.indices.contains(device) ? devices[device].inFlight : 0
    }

    /// What was learnt of a device's waits; nil before its first outcomes.
    public func experience(device: Int) -> DeviceExperience? {
        devices.indices.contains(device) ? devices[device].experience : nil
    }

    /// Reports that a record's result came back, or that its job failed.
    ///
    /// - Parameters:
    ///   - admittedAt: the `now` of the decision that admitted it; carrying it on the job makes each
    ///     result free its own slot, so that one lost result cannot hold a slot for ever. A result
    ///     reported after `jobExpiry` changes nothing.
    ///   - device: to which it was admitted.
    public mutating func completed(admittedAt: Timestamp, now: Timestamp, device: Int = 0) {
        guard devices.indices.contains(device) else { return }
        devices[device].completed(admittedAt: admittedAt, now: now)
    }

    /// Learns how jobs ended on a device, each told once, and when it will be closed.
    ///
    /// - Parameters:
    ///   - service: device time of one record, as the device's status says.
    ///   - simpler: that of one record of the model's simpler circuit; nil where nobody knows.
    ///   - spared: what the simpler circuit takes less than the model's own, on one server.
    ///   - policy: whose `waitLevel` counts.
    public mutating func learn(
        _ outcomes: ArraySlice<DeviceOutcome>, closures: [DeviceClosure], service: TimeSpan,
        simpler: TimeSpan? = nil, spared: TimeSpan? = nil, device: Int, policy: AdmissionPolicy,
        now: Timestamp
    ) {
        grow(to: device + 1, policy, now: now)
        devices[device].learn(
            outcomes, closures: closures, service: service, simpler: simpler, spared: spared,
            level: policy.waitLevel, now: now)
    }

    /// Takes in what compared pairs have shown; for when there is something new, not per record.
    public mutating func learn(_ evidence: FlipEvidence?) {
        self.evidence = evidence
        worth?.adopt(evidence)
    }

    /// A device's circuit breaker; nil without one.
    public func breakerState(device: Int) -> CircuitBreaker.State? {
        devices.indices.contains(device) ? devices[device].breakerState : nil
    }

    /// How many records a device may have in flight; nil where that is not learnt.
    public func adaptiveLimit(device: Int) -> Int? {
        devices.indices.contains(device) ? devices[device].adaptiveLimit : nil
    }

    /// Brings the state to `now` under `policy`, and takes in the devices' statuses.
    mutating func prepare(_ forecasts: [DeviceForecast], _ policy: AdmissionPolicy, now: Timestamp)
    {
        if bucket?.limit != policy.rateLimit {
            bucket = policy.rateLimit.map { limit in
                bucket?.changed(to: limit, now: now) ?? TokenBucket(limit: limit, now: now)
            }
        }
        adopt(policy, now: now)
        let count = min(forecasts.count, OfferSet.devices)
        grow(to: count, policy, now: now)
        for index in 0..<count { devices[index].prepare(forecasts[index], policy, now: now) }
    }

    private mutating func adopt(_ policy: AdmissionPolicy, now: Timestamp) {
        if worth?.settings != policy.worth {
            // Settings of a validated policy make a worth.
            worth = policy.worth.flatMap { try? Worth($0, evidence: evidence) }
        }
        if shares?.policy != policy.shares {
            shares = policy.shares.map { FairShares(policy: $0, now: now) }
        }
    }

    /// Finds a record's share; after `prepare`.
    mutating func prepareShare(_ request: AdmissionRequest, _ policy: AdmissionPolicy) {
        guard shares != nil else {
            shareVerdict = nil
            return
        }
        let inFlight = inFlight
        if policy.takesInFlightFromStatus { shares?.reconcile(inFlight: inFlight) }
        sharePlace = shares?.prepare(
            tenant: TenantKey(hash: request.tenant ?? TenantKey("").hash),
            priority: request.priority, places: policy.concurrencyLimit, now: request.now)
        guard let place = sharePlace else { return }
        shareVerdict = shares?.verdict(place)
        if shareVerdict == .concurrencyLimited {
            shareVerdict = shares?.reconsider(place, now: request.now)
        }
    }

    /// What a call on the cheapest device is worth; nil where the policy does not weigh that.
    ///
    /// - Parameter lateness: the probability that the result misses the deadline.
    func worth(
        _ request: AdmissionRequest, _ devices: [DeviceForecast], lateness: Double, draw: Double
    ) -> (verdict: WorthVerdict, assessment: WorthAssessment, lambda: Double)? {
        guard let worth,
            let cheapest = devices.min(by: {
                $0.price.micros(shots: request.shots) < $1.price.micros(shots: request.shots)
            })
        else { return nil }
        let price = Double(cheapest.price.micros(shots: request.shots)) / 1e6
        let lambda =
            budgets?.shadowPrice(
                partition: request.partition, BudgetSubject(request, cheapest)) ?? 0
        let verdict = worth.verdict(
            classicalScore: request.classicalScore, threshold: request.threshold,
            value: request.valueAtStake, price: price, lambda: lambda, lateness: lateness,
            draw: draw)
        let assessment = worth.assess(
            classicalScore: request.classicalScore, threshold: request.threshold,
            value: request.valueAtStake, price: price, lambda: lambda, lateness: lateness)
        return (verdict, assessment, lambda)
    }

    /// Why no budget has room for an offer, or nil.
    func hasBudget(
        _ offer: DeviceOffer, _ device: DeviceForecast, _ request: AdmissionRequest
    ) -> ReasonCode? {
        guard let budgets else { return nil }
        let refusing = budgets.canReserve(
            partition: request.partition, BudgetSubject(request, device),
            estimate: Money(millionths: offer.priceMicros))
        return refusing == nil ? nil : .budgetExhausted
    }

    /// What pacing and stop-loss say of an offer that has room; counts it as worth buying.
    mutating func weigh(
        _ offer: DeviceOffer, _ device: DeviceForecast, _ request: AdmissionRequest,
        _ policy: AdmissionPolicy, draw: Double
    ) -> BudgetAnswer? {
        budgets?.decide(
            partition: request.partition, BudgetSubject(request, device),
            estimate: Money(millionths: offer.priceMicros),
            worth: policy.worth == nil ? .unknown : .weighed, draw: draw)
    }

    private mutating func grow(to count: Int, _ policy: AdmissionPolicy, now: Timestamp) {
        while devices.count < count { devices.append(DeviceTrack(policy: policy, now: now)) }
    }

    func canTakeToken(now: Timestamp) -> Bool { bucket?.canTake(now: now) ?? true }

    /// Counts one admitted record.
    ///
    /// - Returns: what was set aside for it, where there are budgets.
    mutating func admit(
        _ offer: DeviceOffer, _ device: DeviceForecast, _ request: AdmissionRequest
    ) -> BudgetReservation? {
        _ = bucket?.tryTake(now: request.now)
        if let sharePlace, shares != nil { shares?.take(sharePlace) }
        devices[offer.device].admit(
            service: offer.service, servers: device.servers, now: request.now)
        return budgets?.reserve(
            partition: request.partition, BudgetSubject(request, device),
            estimate: Money(millionths: offer.priceMicros), now: request.now)
    }
}

extension BudgetSubject {
    /// What a call of a record on a device is charged to.
    public init(_ request: AdmissionRequest, _ device: DeviceForecast) {
        self.init(
            tenant: request.tenant ?? TenantKey("").hash, model: request.model,
            device: device.nameHash)
    }
}
