import Contracts
import Determinism
import Glibc
import Policies

/// Tenants that ask for calls of a device, in virtual time.
struct ShareTraffic {
    struct Source {
        let tenant: TenantKey
        var priority = Priority.normal
        /// Calls asked for a second.
        var rate: Double
        /// Evenly spaced, or at random (Poisson).
        var isEven = false
        /// Silent before and after.
        var from = 0.0
        var until = Double.infinity

        init(
            _ name: String, _ rate: Double, _ priority: Priority = .normal, isEven: Bool = false,
            from: Double = 0, until: Double = .infinity
        ) {
            tenant = TenantKey(name)
            self.rate = rate
            self.priority = priority
            self.isEven = isEven
            self.from = from
            self.until = until
        }
    }

    struct Count {
        var asked = 0
        var granted = 0
        var borrowed = 0
        var share: Double { Double(granted) / Double(max(1, asked)) }
    }

    var sources: [Source]
    /// Places on the device, if they are divided, and the mean of a call's seconds there.
    var places: Int?
    var service = 0.0
    private(set) var now = 0.0
    private(set) var most = 0
    private var next: [Double] = []
    private var ends: [(at: Double, source: Int)] = []
    private var random: RandomStream

    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    init(_ sources: [Source], places: Int? = nil, service: Double = 0, seed: UInt64 = 1) {
        self.sources = sources
        self.places = places
        self.service = service
        random = RandomStream(seed: seed)
        for source in sources { next.append(source.from + random.uniform() / source.rate) }
    }

    private mutating func exponential(_ mean: Double) -> Double {
        -mean * log(1 - random.uniform())
    }

    /// Calls asked for and granted to each source in the next `seconds`.
    mutating func run(seconds: Double, _ shares: inout FairShares) -> [Count] {
        var counts = [Count](repeating: Count(), count: sources.count)
        let end = now + seconds
        while let first = next.indices.min(by: { next[$0] < next[$1] }), next[first] < end {
            now = next[first]
            let source = sources[first]
            next[first] += source.isEven ? 1 / source.rate : exponential(1 / source.rate)
            if next[first] > source.until { next[first] = .infinity }
            while let ended = ends.indices.min(by: { ends[$0].at < ends[$1].at }),
                ends[ended].at <= now
            {
                let call = ends.remove(at: ended)
                let owner = sources[call.source]
                shares.release(tenant: owner.tenant, priority: owner.priority)
            }
            let verdict = shares.tryTake(
                tenant: source.tenant, priority: source.priority, places: places,
                now: Self.start + .seconds(now))
            counts[first].asked += 1
            guard verdict.isGranted else { continue }
            counts[first].granted += 1
            if verdict == .borrowed { counts[first].borrowed += 1 }
            most = max(most, shares.inFlight)
            if service > 0 { ends.append((now + exponential(service), first)) }
        }
        now = end
        return counts
    }
}

/// Jain's index of what each got per weight: 1 is fair, 1/n is all to one (Jain, Chiu and Hawe,
/// DEC-TR-301, 1984).
func jainIndex(_ counts: [ShareTraffic.Count], weights: [Double]) -> Double {
    let parts = zip(counts, weights).map { Double($0.granted) / $1 }
    let sum = parts.reduce(0, +)
    return sum * sum / (Double(parts.count) * parts.reduce(0) { $0 + $1 * $1 })
}
