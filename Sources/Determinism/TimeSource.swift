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
    private let current: Mutex<Timestamp>

    /// - Parameter start: the first instant; any fixed value keeps runs reproducible.
    public init(start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        current = Mutex(start)
    }

    public func now() -> Timestamp { current.withLock { $0 } }

    /// Moves forward to `instant`; time never runs backwards, so an earlier instant changes
    /// nothing.
    public func advance(to instant: Timestamp) {
        current.withLock { $0 = max($0, instant) }
    }

    public func advance(by span: TimeSpan) {
        current.withLock { $0 = $0 + span }
    }
}
