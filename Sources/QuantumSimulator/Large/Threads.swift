internal import CQuantumKernels

/// Operating system threads for one call, like those of the kernels.
enum Threads {
    /// Calls `work` once for each number below `count`, on the calling thread and up to
    /// `threads` − 1 others; returns when all is done.
    ///
    /// - Parameter work: runs concurrently with itself: what it writes must be locked, or not be
    ///   shared between two numbers.
    static func forEach(_ count: Int, threads: Int, _ work: (Int) -> Void) {
        withoutActuallyEscaping(work) { escaping in
            var held = escaping
            unsafe withUnsafeMutablePointer(to: &held) { pointer in
                unsafe qk_for_each(
                    UInt32(threads), count,
                    { context, number in
                        guard let context = unsafe context else { return }
                        unsafe context.assumingMemoryBound(to: ((Int) -> Void).self)
                            .pointee(number)
                    }, pointer)
            }
        }
    }
}
