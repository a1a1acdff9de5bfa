import Determinism

/// Delay-based limit after TCP Vegas (Brakmo, O'Malley and Peterson, "TCP Vegas: new techniques for
/// congestion detection and avoidance", 1994), as in concurrency-limits' `VegasLimit`. With the
/// quickest round trip R₀, the present one R, and l = max(1, ⌊log₁₀ L⌋), the queue is
///
///     q = ⌈L · (1 − R₀ / R)⌉
///
/// and the limit moves, unless less than half of it is in flight, to
///
///     L − l   after a drop, or if q > β·l
///     L + β·l if q ≤ l
///     L + l   if q < α·l
///
/// and else stays. A sample quicker than R₀ becomes R₀, as does the one after vegasProbe · L · u
/// samples, u drawn in ½…1; neither moves the limit. (One difference: a dropped call's round trip is
/// not learnt from, since a refusal is quick.)
///
/// That probe is the algorithm's weakness: under lasting overload it takes a queue for the empty
/// device, and the limit creeps up by a queue each time. And where service times vary, R₀ is the
/// luckiest window's: 64 servers of exponential service are held to half of what they can do. Where
/// the device reports its service time, that is R₀ and nothing is probed.
struct VegasLimit: Sendable {
    private let seed: UInt64
    private var quickest = 0.0
    private var samples = 0.0
    private var probes: UInt64 = 0

    init(seed: UInt64) { self.seed = seed }

    mutating func next(
        _ limit: Double, _ sample: ConcurrencySample, _ policy: ConcurrencyPolicy
    ) -> Double {
        let magnitude = Self.magnitude(Int(limit))
        let smoothing = policy.smoothing ?? 1
        guard !sample.isDropped else {
            return (1 - smoothing) * limit + smoothing * max(1, limit - magnitude)
        }
        let roundTrip = Double(sample.roundTrip.microseconds)
        if let service = sample.service {
            quickest = min(Double(service.microseconds), roundTrip)
        } else {
            samples += 1
            if samples >= jitter * Double(policy.vegasProbe) * limit {
                (samples, probes, quickest) = (0, probes + 1, roundTrip)
                return limit
            }
            if quickest == 0 || roundTrip < quickest {
                quickest = roundTrip
                return limit
            }
        }
        guard Double(sample.inFlight * 2) >= limit else { return limit }
        let queue = (limit * (1 - quickest / roundTrip)).rounded(.up)
        let alpha = Double(policy.vegasAlpha) * magnitude
        let beta = Double(policy.vegasBeta) * magnitude
        let target: Double
        if queue <= magnitude {
            target = limit + beta
        } else if queue < alpha {
            target = limit + magnitude
        } else if queue > beta {
            target = limit - magnitude
        } else {
            return limit
        }
        let bounded = min(max(target, 1), Double(policy.maximum))
        return (1 - smoothing) * limit + smoothing * bounded
    }

    /// In ½…1, a new one after each probe.
    private var jitter: Double {
        0.5 + 0.5 * Double(StableHash.combine(seed, probes) >> 11) * 0x1p-53
    }

    /// The whole part of the decimal logarithm, at least 1.
    private static func magnitude(_ limit: Int) -> Double {
        var (digits, rest) = (0, limit)
        while rest >= 10 { (digits, rest) = (digits + 1, rest / 10) }
        return Double(max(1, digits))
    }
}
