internal import CQuantumKernels

extension KernelSet {
    func limits(_ probabilities: Reals, _ states: Int, _ limits: UnsafeMutablePointer<Int32>) {
        switch self {
        case .vectorised: unsafe qk_limits(probabilities, states, limits)
        case .reference: unsafe ReferenceKernels.limits(probabilities, states, limits)
        }
    }

    func sample(
        _ seed: UInt64, _ stream: UInt64, _ shots: Int, _ limits: UnsafeMutablePointer<Int32>,
        _ states: Int, _ scratch: UnsafeMutableRawPointer, _ counts: UnsafeMutablePointer<UInt32>
    ) {
        switch self {
        case .vectorised:
            unsafe qk_sample(seed, stream, UInt32(shots), limits, UInt32(states), scratch, counts)
        case .reference:
            unsafe ReferenceKernels.sample(seed, stream, shots, limits, states, counts)
        }
    }

    /// In place: the histogram becomes, at each mask, its Z string's sum of ±1.
    func countWalsh(
        _ counts: UnsafeMutablePointer<UInt32>, _ bits: Int
    ) -> UnsafeMutablePointer<Int32> {
        let sums = unsafe UnsafeMutableRawPointer(counts).assumingMemoryBound(to: Int32.self)
        switch self {
        case .vectorised: unsafe qk_count_walsh(sums, UInt32(bits))
        case .reference: unsafe ReferenceKernels.countWalsh(sums, bits)
        }
        return unsafe sums
    }

    func countFunctional(
        _ counts: UnsafeMutablePointer<UInt32>, _ table: [Double], _ shots: Int
    ) -> (mean: Double, variance: Double) {
        var (mean, variance) = (0.0, 0.0)
        switch self {
        case .vectorised:
            unsafe qk_count_functional(
                counts, table, table.count, UInt32(shots), &mean, &variance)
        case .reference:
            unsafe (mean, variance) = ReferenceKernels.countFunctional(counts, table, shots)
        }
        return (mean, variance)
    }
}
