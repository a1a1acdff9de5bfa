import Foundation

/// Rates of work on a machine that others use too.
enum BenchTimer {
    /// Pieces a second: the best of three windows, since other processes can only make a run
    /// slower; peers are measured the same way.
    ///
    /// - Parameters:
    ///   - seconds: of all windows together.
    ///   - pieces: done by one call of `work`.
    static func rate(
        seconds: Double, pieces: Int, _ work: () throws -> Void
    ) rethrows -> Double {
        try work()
        var best = 0.0
        for _ in 0..<3 {
            let begin = Date()
            var done = 0
            repeat {
                try work()
                done += pieces
            } while Date().timeIntervalSince(begin) < seconds / 3
            best = max(best, Double(done) / Date().timeIntervalSince(begin))
        }
        return best
    }
}
