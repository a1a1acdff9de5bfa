import Determinism
import SimulatedTransport

/// One fault at one instant.
struct ChaosStrike {
    let fault: ChaosFault
    let at: Timestamp
    /// Decides whom it meets and how.
    let draw: UInt64
}

/// Faults in time: each kind strikes at instants of its own, exponentially apart, in storms only.
struct ChaosSchedule {
    private struct Kind {
        let fault: ChaosFault
        var draws: RandomStream
        var at: Timestamp
    }

    private static let scheduled: [ChaosFault] = [
        .crash, .rebalance, .eviction, .zombie, .broker, .operation, .model, .compaction,
    ]

    private var kinds: [Kind]
    private let mean: TimeSpan
    private let end: Timestamp
    private let configuration: ChaosConfiguration
    private let start: Timestamp

    init(_ configuration: ChaosConfiguration, start: Timestamp, end: Timestamp) {
        self.configuration = configuration
        self.start = start
        self.end = end
        mean = configuration.meanInterval
        kinds = []
        for fault in Self.scheduled where configuration.faults.contains(fault) {
            let stream = StableHash.hash64(fault.rawValue)
            var kind = Kind(
                fault: fault, draws: RandomStream(seed: configuration.seed, stream: stream),
                at: start + .milliseconds(50))
            advance(&kind)
            kinds.append(kind)
        }
    }

    /// The next fault of all kinds; nil when the run's faults are over.
    mutating func next() -> ChaosStrike? {
        guard let index = kinds.indices.min(by: { kinds[$0].at < kinds[$1].at }),
            kinds[index].at < end
        else { return nil }
        let at = kinds[index].at
        let draw = kinds[index].draws.next() >> 1
        advance(&kinds[index])
        return ChaosStrike(fault: kinds[index].fault, at: at, draw: draw)
    }

    /// To the kind's next instant: time stands still outside of storms.
    private func advance(_ kind: inout Kind) {
        // Exponential by the sum of geometric steps: no logarithm, so the same on every machine.
        let step = TimeSpan.milliseconds(max(1, mean.microseconds / 1_000 / 32))
        let storms = Storms(start: start, period: configuration.period, length: configuration.storm)
        repeat {
            kind.at = kind.at + step
            while kind.at < end, !storms.isStorm(at: kind.at) { kind.at = kind.at + step }
        } while kind.at < end && kind.draws.next() % 32 != 0
        kind.at = kind.at + .microseconds(Int64(kind.draws.next() % 1_000))
    }
}
