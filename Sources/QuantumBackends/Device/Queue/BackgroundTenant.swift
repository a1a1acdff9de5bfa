public import Determinism

/// When a tenant's jobs arrive.
public enum ArrivalProcess: Hashable, Sendable {
    case poisson(perSecond: Double)
    /// A Markov-modulated Poisson process of two states, each lasting an exponential time with the
    /// given mean (Fischer and Meier-Hellstern, "The Markov-modulated Poisson process (MMPP)
    /// cookbook", 1993).
    case bursty(calmPerSecond: Double, burstPerSecond: Double, calm: TimeSpan, burst: TimeSpan)

    /// Arrivals per second in the long run.
    public var meanPerSecond: Double {
        switch self {
        case .poisson(let rate): return rate
        case .bursty(let calmRate, let burstRate, let calm, let burst):
            let (calm, burst) = (calm.inSeconds, burst.inSeconds)
            return (calmRate * calm + burstRate * burst) / (calm + burst)
        }
    }

    func validate() throws(BackendConfigurationError) {
        var rates: [Double] = []
        switch self {
        case .poisson(let rate): rates = [rate]
        case .bursty(let calmRate, let burstRate, let calm, let burst):
            rates = [calmRate, burstRate]
            try BackendConfigurationError.require(
                min(calm, burst) > .zero, "tenant phase", min(calm, burst).microseconds,
                "above 0 µs")
        }
        for rate in rates {
            try BackendConfigurationError.require(
                (0...100_000).contains(rate), "tenant arrivals", rate,
                "0 to 100000 per second are allowed")
        }
    }
}

/// Somebody else who sends jobs to the same device.
public struct BackgroundTenant: Hashable, Sendable {
    public var arrivals: ArrivalProcess
    public var sizes: JobSizes
    /// Share of the device under fair share, relative to the other tenants'; above 0.
    public var weight = 1.0

    public init(arrivals: ArrivalProcess, sizes: JobSizes, weight: Double = 1) {
        self.arrivals = arrivals
        self.sizes = sizes
        self.weight = weight
    }

    /// Servers that this tenant would keep busy.
    public var load: Double { arrivals.meanPerSecond * sizes.mean.inSeconds }

    func validate() throws(BackendConfigurationError) {
        try arrivals.validate()
        try sizes.validate("tenant job")
        try BackendConfigurationError.require(
            weight > 0 && weight <= 1e6, "tenant weight", weight,
            "above 0 and at most 1000000")
    }
}

/// A tenant's jobs, one after another: a function of the seed alone.
struct TenantStream {
    let tenant: BackgroundTenant
    /// When the next job arrives; the distant future if none ever does.
    private(set) var next: Timestamp
    private var gaps: RandomStream
    private var sizes: RandomStream
    private var isBurst = false
    private var phaseEnds: Timestamp

    init(_ tenant: BackgroundTenant, start: Timestamp, seed: UInt64) {
        self.tenant = tenant
        gaps = RandomStream(seed: seed)
        sizes = RandomStream(seed: seed, stream: 1)
        next = start
        phaseEnds = .distantFuture
        if case .bursty(_, _, let calm, let burst) = tenant.arrivals {
            isBurst = gaps.uniform() * (calm + burst).inSeconds < burst.inSeconds
            phaseEnds = start
            lengthenPhase()
        }
        advance()
    }

    /// The size of the job that arrives at `next`; moves on to the one after it.
    mutating func take() -> TimeSpan {
        advance()
        return tenant.sizes.draw(&sizes)
    }

    private mutating func advance() {
        guard tenant.arrivals.meanPerSecond > 0 else {
            next = .distantFuture
            return
        }
        while true {
            let gap = gap()
            if let gap, next + gap < phaseEnds {
                next = next + gap
                return
            }
            // Poisson arrivals have no memory: the draw is repeated at the new rate.
            next = phaseEnds
            isBurst.toggle()
            lengthenPhase()
        }
    }

    private mutating func gap() -> TimeSpan? {
        let rate: Double
        switch tenant.arrivals {
        case .poisson(let perSecond): rate = perSecond
        case .bursty(let calm, let burst, _, _): rate = isBurst ? burst : calm
        }
        return rate > 0 ? .seconds(min(gaps.exponential() / rate, 1e9)) : nil
    }

    private mutating func lengthenPhase() {
        guard case .bursty(_, _, let calm, let burst) = tenant.arrivals else { return }
        let mean = isBurst ? burst : calm
        phaseEnds = phaseEnds + .seconds(mean.inSeconds * gaps.exponential())
    }
}
