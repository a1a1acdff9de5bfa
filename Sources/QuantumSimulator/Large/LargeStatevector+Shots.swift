internal import CQuantumKernels
import Determinism

extension LargeStatevector {
    /// Outcomes of measuring `measured`, one for each shot.
    ///
    /// Shot i reads draw i of `RandomStream(seed:stream:)`, 53 bits uniform in [0, 1), and takes the
    /// first stored amplitude whose cumulative probability exceeds it. The same seed gives the same
    /// shots for any number of threads.
    ///
    /// - Parameters:
    ///   - shots: within `shotLimits`.
    ///   - stream: separate draws under one seed.
    /// - Returns: bit i of an outcome is the i-th of `measured`.
    public func samples(
        shots: Int, seed: UInt64, stream: UInt64 = 0
    ) throws(StatevectorError) -> [UInt32] {
        guard Self.shotLimits.contains(shots) else {
            throw .shots(shots, allowed: Self.shotLimits)
        }
        var cumulative = try blockNorms()
        for index in cumulative.indices.dropFirst() { cumulative[index] += cumulative[index - 1] }
        let total = cumulative[cumulative.count - 1]
        var random = RandomStream(seed: seed, stream: stream)
        let draws = (0..<shots).map { _ in random.uniform() * total }
        // By block, so that each block's squares are made once.
        let order = draws.indices.sorted { draws[$0] < draws[$1] }
        var result = [UInt32](repeating: 0, count: shots)
        var (block, squares) = (-1, [Double](repeating: 0, count: blockSize))
        var next = 0
        var (running, place) = (0.0, 0)
        for shot in order {
            while next < cumulative.count - 1 && cumulative[next] <= draws[shot] { next += 1 }
            if block != next {
                block = next
                fillSquares(&squares, block: block)
                (running, place) = (block == 0 ? 0 : cumulative[block - 1], 0)
                running += squares[0]
            }
            while place < blockSize - 1 && running <= draws[shot] {
                place += 1
                running += squares[place]
            }
            // Rounding may carry a draw past the last amplitude that can occur.
            var likely = place
            while likely > 0 && squares[likely] == 0 { likely -= 1 }
            result[shot] = outcome(block * blockSize + likely)
        }
        return result
    }

    /// How often each outcome of `measured` was drawn, ascending, those never drawn left out.
    public func counts(
        shots: Int, seed: UInt64, stream: UInt64 = 0
    ) throws(StatevectorError) -> [(outcome: UInt32, count: Int)] {
        let drawn = try samples(shots: shots, seed: seed, stream: stream)
        let histogram = drawn.reduce(into: [UInt32: Int]()) { $0[$1, default: 0] += 1 }
        return histogram.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func fillSquares(_ squares: inout [Double], block: Int) {
        switch precision {
        case .double:
            unsafe qk_large_squares_f64(doubles, block * blockSize, blockSize, &squares)
        case .single:
            unsafe qk_large_squares_f32(floats, block * blockSize, blockSize, &squares)
        }
    }

    private func outcome(_ stored: Int) -> UInt32 {
        measured.indices.reduce(0) {
            $0 | UInt32(stored >> positions[measured[$1]] & 1) << UInt32($1)
        }
    }
}
