import Glibc
import Synchronization

/// The only door to the time of day. Real in a process, manual in a simulation.
public protocol TimeSource: Sendable {
    func now() -> Timestamp
}

/// The machine's real-time clock.
public struct SystemTimeSource: TimeSource {
    public init() {}

    public func now() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            microseconds: Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1_000)
    }
}

/// A clock that moves only when told to: the virtual time of simulations and tests.
public final class ManualTimeSource: TimeSource {
    /// Microseconds since the Unix epoch: read far more often than moved.
    private let current: Atomic<Int64>

    /// - Parameter start: the first instant; any fixed value keeps runs reproducible.
    public init(start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        current = Atomic(start.microseconds)
    }

    public func now() -> Timestamp {
        Timestamp(microseconds: current.load(ordering: .acquiring))
    }

    /// Moves forward to `instant`; time never runs backwards, so an earlier instant changes
    /// nothing.
    public func advance(to instant: Timestamp) {
        current.max(instant.microseconds, ordering: .acquiringAndReleasing)
    }

    public func advance(by span: TimeSpan) {
        current.add(span.microseconds, ordering: .acquiringAndReleasing)
    }
}
