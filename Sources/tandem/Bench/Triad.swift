import Dispatch
import Foundation
import Synchronization

/// STREAM's triad, `a = b + s·c` over arrays far larger than the caches: what this machine's memory
/// gives (McCalpin, "Memory bandwidth and machine balance in current high performance computers").
enum Triad {
    private static let elements = 1 << 24
    private static let rounds = 5

    /// Bytes a second as STREAM counts them, two reads and a write for each element: the best of
    /// five rounds.
    static func bytesPerSecond(threads: Int) -> Double {
        let shares = (0..<threads).map { _ in Share(elements / threads) }
        var best = 0.0
        for round in 0..<rounds {
            let begin = Date()
            DispatchQueue.concurrentPerform(iterations: threads) {
                shares[$0].add(times: Double(round))
            }
            let bytes = Double(elements / threads * threads * 3 * MemoryLayout<Double>.stride)
            best = max(best, bytes / Date().timeIntervalSince(begin))
        }
        precondition(shares.allSatisfy { $0.last == Double(1 + 2 * (rounds - 1)) })
        return best
    }

    /// One thread's part of each array.
    private final class Share: Sendable {
        private struct Arrays {
            var a, b, c: [Double]
        }

        private let arrays: Mutex<Arrays>

        init(_ count: Int) {
            arrays = Mutex(
                Arrays(
                    a: [Double](repeating: 0, count: count),
                    b: [Double](repeating: 1, count: count),
                    c: [Double](repeating: 2, count: count)))
        }

        var last: Double? { arrays.withLock { $0.a.last } }

        func add(times scale: Double) {
            arrays.withLock { arrays in
                let (b, c) = (arrays.b, arrays.c)
                unsafe arrays.a.withUnsafeMutableBufferPointer { sum in
                    unsafe b.withUnsafeBufferPointer { first in
                        unsafe c.withUnsafeBufferPointer { second in
                            for index in sum.indices {
                                unsafe sum[index] = first[index] + scale * second[index]
                            }
                        }
                    }
                }
            }
        }
    }
}
