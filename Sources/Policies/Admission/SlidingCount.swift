import Determinism

/// Events of the recent past counted in 64 time slots: fixed memory, constant time, no allocation.
///
/// An event is forgotten between 63 and 64 slot widths after it happened.
struct SlidingCount: Sendable {
    static let slots = 64

    private var counts = InlineArray<64, Int32>(repeating: 0)
    private let width: Int64
    /// The number of the newest slot since the epoch.
    private var newest: Int64
    private(set) var total = 0

    /// - Parameter horizon: events are remembered at least this long.
    init(horizon: TimeSpan, now: Timestamp) {
        width = max(1, (horizon.microseconds + 62) / 63)
        newest = now.microseconds / width
    }

    /// Forgets what has left the horizon; time that runs backwards changes nothing.
    mutating func advance(to now: Timestamp) {
        guard now.microseconds >= (newest &+ 1) &* width else { return }
        let current = now.microseconds / width
        let steps = min(current - newest, Int64(SlidingCount.slots))
        for step in 0..<steps {
            let slot = index(current - step)
            total -= Int(counts[slot])
            counts[slot] = 0
        }
        newest = current
    }

    /// Counts `count` events at the newest instant seen.
    mutating func add(_ count: Int = 1) {
        counts[index(newest)] &+= Int32(truncatingIfNeeded: count)
        total += count
    }

    /// Takes back an event that happened at `instant`; false when it was forgotten or taken back
    /// before.
    mutating func remove(at instant: Timestamp) -> Bool {
        let slot = min(instant.microseconds / width, newest)
        let isRemembered = newest - slot < Int64(SlidingCount.slots)
        guard isRemembered, counts[index(slot)] > 0 else { return false }
        counts[index(slot)] -= 1
        total -= 1
        return true
    }

    /// Events at or after `instant`, counting the whole slot in which it lies.
    func count(since instant: Timestamp) -> Int {
        let slot = instant.microseconds / width
        guard newest - slot < Int64(SlidingCount.slots) else { return total }
        var sum = 0
        var current = newest
        while current >= slot {
            sum += Int(counts[index(current)])
            current -= 1
        }
        return sum
    }

    private func index(_ slot: Int64) -> Int { Int(truncatingIfNeeded: slot & 63) }
}
