internal import Contracts
internal import Determinism

extension AdmissionPolicy {
    /// Takes over operators' limits: `rate`, `concurrency`, `weight/TENANT`. Values that cannot work
    /// are left out, and the configured ones stay.
    public mutating func follow(_ limits: [String: Double]) {
        for (name, value) in limits {
            guard let limit = LimitName(name), limit.allowed.contains(value) else { continue }
            switch limit {
            case .rate:
                rateLimit = RateLimit(perSecond: value, burst: rateLimit?.burst) ?? rateLimit
                if shares?.rate != nil { shares?.rate = rateLimit }
            case .concurrency:
                concurrencyLimit = Int(value)
            case .weight(let tenant):
                shares?.weights[tenant] = value
            }
        }
    }
}

extension RateLimit {
    /// So many a second; nil for a rate that is none.
    ///
    /// - Parameter burst: calls at once after a quiet time; nil for a second's worth.
    public init?(perSecond rate: Double, burst: Int64? = nil) {
        guard LimitName.rate.allowed.contains(rate) else { return nil }
        // Per thousand seconds, so that rates below one a second are exact too.
        try? self.init(
            tokens: Int64((rate * 1_000).rounded()), per: .seconds(1_000 as Int64),
            burst: burst ?? Int64(max(1, rate.rounded())))
    }

    /// The part of an instance that owns so many of all partitions. A burst is whole calls, at least
    /// one, so that instances together may exceed the burst, never the rate.
    public func part(_ owned: Int, of partitions: Int) -> RateLimit? {
        guard owned < partitions else { return self }
        return try? RateLimit(
            tokens: max(1, tokens * Int64(owned) / Int64(partitions)), per: period,
            burst: max(1, burst * Int64(owned) / Int64(partitions)))
    }
}
