import Determinism

/// Calls that ended, and how many of them failed or were slow; none is both.
public struct CallTally: Equatable, Sendable {
    public var calls: Int
    public var failed: Int
    public var slow: Int

    /// - Parameters:
    ///   - calls: all of them, the failed and the slow ones included.
    ///   - failed: at most `calls`.
    ///   - slow: at most `calls - failed`.
    public init(calls: Int = 0, failed: Int = 0, slow: Int = 0) {
        self.calls = max(0, calls)
        self.failed = min(max(0, failed), self.calls)
        self.slow = min(max(0, slow), self.calls - self.failed)
    }

    /// At most `limit` calls in the same shares, rounded to the nearest.
    func scaled(to limit: Int) -> CallTally {
        guard calls > limit else { return self }
        let scale = Double(limit) / Double(calls)
        return CallTally(
            calls: limit, failed: Int((Double(failed) * scale).rounded()),
            slow: Int((Double(slow) * scale).rounded()))
    }

    static func + (left: CallTally, right: CallTally) -> CallTally {
        CallTally(
            calls: left.calls + right.calls, failed: left.failed + right.failed,
            slow: left.slow + right.slow)
    }
}

/// The outcomes of the recent past: fixed size, constant time, no allocation.
struct CallWindow: Sendable {
    static let maximumCalls = 1_024
    private static let slots = 32

    private(set) var tally = CallTally()
    /// Of a window of calls, how many it holds; 0 for one of time.
    private let capacity: Int
    /// Of a window of time, microseconds a slot.
    private let width: Int64
    /// The last calls in a ring, one bit each.
    private var failedBits = InlineArray<16, UInt64>(repeating: 0)
    private var slowBits = InlineArray<16, UInt64>(repeating: 0)
    private var next = 0
    private var slotTallies = InlineArray<32, SIMD4<Int32>>(repeating: .zero)
    private var newestSlot: Int64

    init(_ window: BreakerPolicy.Window, now: Timestamp) {
        switch window {
        case .calls(let calls): (capacity, width) = (calls, .max)
        case .time(let span):
            (capacity, width) = (0, max(1, span.microseconds / Int64(Self.slots)))
        }
        newestSlot = now.microseconds / width
    }

    /// Adds calls that ended at `now`; more than a window of calls holds are scaled to it first.
    mutating func add(_ calls: CallTally, now: Timestamp) {
        guard capacity > 0 else {
            advance(to: now)
            let slot = Self.slot(newestSlot)
            let added = SIMD4<Int32>(
                Int32(clamping: calls.calls), Int32(clamping: calls.failed),
                Int32(clamping: calls.slow), 0)
            slotTallies[slot] &+= added
            tally = tally + calls
            return
        }
        let calls = calls.scaled(to: capacity)
        for index in 0..<calls.calls {
            add(isFailed: index < calls.failed, isSlow: index >= calls.calls - calls.slow)
        }
    }

    /// Forgets calls that left a window of time; time that runs backwards changes nothing.
    mutating func advance(to now: Timestamp) {
        guard capacity == 0 else { return }
        let current = now.microseconds / width
        guard current > newestSlot else { return }
        for step in 0..<min(current - newestSlot, Int64(Self.slots)) {
            let slot = Self.slot(current - step)
            let old = slotTallies[slot]
            slotTallies[slot] = .zero
            tally = CallTally(
                calls: tally.calls - Int(old.x), failed: tally.failed - Int(old.y),
                slow: tally.slow - Int(old.z))
        }
        newestSlot = current
    }

    private mutating func add(isFailed: Bool, isSlow: Bool) {
        let (word, bit) = (next >> 6, UInt64(1) << UInt64(next & 63))
        var (calls, failed, slow) = (tally.calls, tally.failed, tally.slow)
        if calls == capacity {
            if failedBits[word] & bit != 0 { failed -= 1 }
            if slowBits[word] & bit != 0 { slow -= 1 }
        } else {
            calls += 1
        }
        if isFailed { failedBits[word] |= bit } else { failedBits[word] &= ~bit }
        if isSlow { slowBits[word] |= bit } else { slowBits[word] &= ~bit }
        tally = CallTally(
            calls: calls, failed: failed + (isFailed ? 1 : 0), slow: slow + (isSlow ? 1 : 0))
        next = next + 1 == capacity ? 0 : next + 1
    }

    private static func slot(_ number: Int64) -> Int { Int(truncatingIfNeeded: number & 31) }
}
