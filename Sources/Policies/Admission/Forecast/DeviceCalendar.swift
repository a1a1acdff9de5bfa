public import Determinism

/// When a device is known in advance to start no jobs: announced maintenance, and calibrations that
/// recur.
public struct DeviceCalendar: Hashable, Sendable {
    /// From included, until excluded.
    public struct Window: Hashable, Sendable {
        public let from: Timestamp
        public let until: Timestamp

        public init(from: Timestamp, until: Timestamp) {
            self.from = from
            self.until = until
        }
    }

    /// In ascending order, not overlapping; those that are over may be dropped.
    public private(set) var windows: [Window]
    /// Calibrations start at `origin` and every `interval` after that, and last `duration`.
    public let origin: Timestamp
    public let interval: TimeSpan
    public let duration: TimeSpan

    /// - Parameter duration: zero for no calibrations; below `interval` otherwise.
    /// - Throws: `PolicyError` for a window that ends before it starts, or calibrations without end.
    public init(
        windows: [Window] = [], origin: Timestamp = Timestamp(microseconds: 0),
        interval: TimeSpan = .seconds(Int64(86_400)), duration: TimeSpan = .zero
    ) throws(PolicyError) {
        for window in windows {
            try PolicyError.require(
                window.from < window.until, "window", window.from.microseconds,
                "one that ends after it starts")
        }
        try PolicyError.require(
            duration >= .zero && duration < interval, "duration", duration.microseconds,
            "0 µs or more, below the interval of \(interval.microseconds) µs")
        self.init(merging: windows, origin: origin, interval: interval, duration: duration)
    }

    private init(
        merging windows: [Window], origin: Timestamp, interval: TimeSpan, duration: TimeSpan
    ) {
        var merged: [Window] = []
        for window in windows.sorted(by: { $0.from < $1.from }) {
            if let last = merged.last, window.from <= last.until {
                let until = max(last.until, window.until)
                merged[merged.count - 1] = Window(from: last.from, until: until)
            } else {
                merged.append(window)
            }
        }
        self.windows = merged
        (self.origin, self.interval, self.duration) = (origin, interval, duration)
    }

    /// Always open.
    public static let open = DeviceCalendar(
        merging: [], origin: Timestamp(microseconds: 0), interval: .seconds(Int64(86_400)),
        duration: .zero)

    /// When the device opens again, if it is closed at `now`.
    public func closedUntil(_ now: Timestamp) -> Timestamp? {
        var end = now
        while let next = until(end) { end = next }
        return end > now ? end : nil
    }

    private func until(_ now: Timestamp) -> Timestamp? {
        if let window = windows.first(where: { $0.from <= now && now < $0.until }) {
            return window.until
        }
        guard duration > .zero, now >= origin else { return nil }
        let phase = (now - origin).microseconds % interval.microseconds
        return phase < duration.microseconds ? now + duration - .microseconds(phase) : nil
    }

    private func nextClosing(after now: Timestamp) -> Timestamp? {
        let planned = windows.first { $0.from > now }?.from
        guard duration > .zero else { return planned }
        let calibration =
            now < origin
            ? origin
            : origin + interval * ((now - origin).microseconds / interval.microseconds + 1)
        return planned.map { min($0, calibration) } ?? calibration
    }

    /// How long `work` takes from `now` on if it stands still while the device is closed. Follows
    /// 1,000 windows at most.
    public func stretched(_ work: TimeSpan, from now: Timestamp) -> TimeSpan {
        var (at, left) = (closedUntil(now) ?? now, work)
        for _ in 0..<1_000 {
            guard let closing = nextClosing(after: at), closing - at < left else { break }
            left = left - (closing - at)
            at = closedUntil(closing) ?? closing
        }
        return at + left - now
    }

    /// How much of the time between two instants the device was open.
    public func openTime(from start: Timestamp, to end: Timestamp) -> TimeSpan {
        var (at, open) = (closedUntil(start) ?? start, TimeSpan.zero)
        for _ in 0..<1_000 where at < end {
            let closing = nextClosing(after: at).map { min($0, end) } ?? end
            open = open + (closing - at)
            at = closedUntil(closing) ?? closing
        }
        return open
    }
}
