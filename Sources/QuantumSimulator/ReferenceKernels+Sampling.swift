import Determinism

extension ReferenceKernels {
    static func limits(
        _ probabilities: Reals, _ states: Int, _ limits: UnsafeMutablePointer<Int32>
    ) {
        for lane in 0..<8 {
            var sum = 0.0
            for state in 0..<(states - 1) {
                sum += unsafe probabilities[state * 8 + lane]
                let scaled = min(max(sum * 0x1p31 - 1, -1), 2_147_483_647)
                unsafe limits[lane * states + state] = Int32(scaled.rounded(.toNearestOrEven))
            }
            unsafe limits[lane * states + states - 1] = .max
        }
    }

    /// One shot at a time: the first outcome whose limit is not below the word.
    static func sample(
        _ seed: UInt64, _ stream: UInt64, _ shots: Int, _ limits: UnsafeMutablePointer<Int32>,
        _ states: Int, _ counts: UnsafeMutablePointer<UInt32>
    ) {
        unsafe counts.update(repeating: 0, count: states)
        let generator = Philox4x32(key: seed)
        for shot in 0..<shots {
            let words = generator.block(UInt64(shot / 4), stream: stream)
            let word = Int32(words[shot % 4] >> 1)
            var (low, high) = (0, states - 1)
            while low < high {
                let middle = (low + high) / 2
                if unsafe limits[middle] >= word { high = middle } else { low = middle + 1 }
            }
            unsafe counts[low] += 1
        }
    }

    static func countWalsh(_ counts: UnsafeMutablePointer<Int32>, _ bits: Int) {
        for bit in 0..<bits {
            let half = 1 << bit
            for low in 0..<(1 << bits) where low & half == 0 {
                let (x, y) = unsafe (counts[low], counts[low + half])
                unsafe counts[low] = x + y
                unsafe counts[low + half] = x - y
            }
        }
    }

    static func countFunctional(
        _ counts: UnsafeMutablePointer<UInt32>, _ table: [Double], _ shots: Int
    ) -> (mean: Double, variance: Double) {
        // Eight partial sums, one per residue of the state modulo 8, added in order.
        func total(_ term: (Double) -> Double) -> Double {
            var sums = Lane()
            for (state, value) in table.enumerated() {
                sums[state & 7] += unsafe Double(counts[state]) * term(value)
            }
            return (0..<8).reduce(0) { $0 + sums[$1] }
        }
        let mean = total { $0 } / Double(shots)
        let squares = total { ($0 - mean) * ($0 - mean) }
        return (mean, shots > 1 ? squares / Double(shots - 1) : 0)
    }
}
