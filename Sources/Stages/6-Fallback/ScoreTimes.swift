public import Contracts
import Determinism
public import Statistics

/// How long records took from arrival to score, by the score's source, and how many were too late.
///
/// Fixed memory: 34 KiB for each source. One addition takes a few nanoseconds; a copy costs nothing
/// until the next addition, which then copies 34 KiB: copy it a few times a second, not per batch.
public struct ScoreTimes: Sendable, Equatable {
    private var sketches = [QuantileSketch](
        repeating: QuantileSketch(), count: ScoreSource.allCases.count)
    /// Scores later than their deadline by more than what is tolerated.
    public private(set) var misses = 0

    public init() {}

    public subscript(source: ScoreSource) -> QuantileSketch { sketches[Self.index(source)] }

    public var count: Int { sketches.reduce(0) { $0 + $1.count } }

    /// - Parameters:
    ///   - latency: from arrival to score; clocks of two machines may make it negative, which
    ///     counts as 0.
    ///   - isMiss: whether the score came too late.
    mutating func add(_ source: ScoreSource, latency: TimeSpan, isMiss: Bool) {
        sketches[Self.index(source)].add(microseconds: latency.microseconds)
        if isMiss { misses += 1 }
    }

    private static func index(_ source: ScoreSource) -> Int {
        switch source {
        case .classical: 0
        case .quantum: 1
        case .blend: 2
        }
    }
}
