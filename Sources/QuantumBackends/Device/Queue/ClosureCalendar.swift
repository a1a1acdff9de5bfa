import Determinism

/// When a device starts no jobs although it takes them: maintenance, and its own calibrations.
struct ClosureCalendar: Hashable, Sendable {
    /// In ascending order.
    private let windows: [TimeWindow]
    /// Calibrations: the k-th starts k intervals after the origin, k ≥ 1.
    private let origin: Timestamp
    private let interval: TimeSpan
    private let duration: TimeSpan

    /// - Parameter duration: of a calibration, below `interval`; zero for none.
    init(windows: [TimeWindow], origin: Timestamp, interval: TimeSpan, duration: TimeSpan) {
        self.windows = windows.sorted { $0.from < $1.from }
        self.origin = origin
        self.interval = interval
        self.duration = duration
    }

    /// When the device opens again, if it is closed at `now`: later windows that follow without a
    /// gap are included.
    func closedUntil(_ now: Timestamp) -> Timestamp? {
        guard var end = window(at: now)?.until else { return nil }
        while let next = window(at: end) { end = next.until }
        return end
    }

    func window(at now: Timestamp) -> TimeWindow? {
        if let planned = windows.first(where: { $0.contains(now) }) { return planned }
        guard duration > .zero, now > origin else { return nil }
        let count = (now - origin).microseconds / interval.microseconds
        let from = origin + interval * count
        let calibration = TimeWindow(from: from, until: from + duration)
        return count >= 1 && calibration.contains(now) ? calibration : nil
    }

    func isPlanned(_ window: TimeWindow) -> Bool { windows.contains(window) }

    /// The first instant after `now` at which a window starts; nil if none will.
    func nextClosing(after now: Timestamp) -> Timestamp? {
        let planned = windows.first { $0.from > now }?.from
        guard duration > .zero else { return planned }
        let elapsed = max((now - origin).microseconds, 0)
        let calibration = origin + interval * (elapsed / interval.microseconds + 1)
        return planned.map { min($0, calibration) } ?? calibration
    }

    /// How long `work` takes from `now` on if it stands still while the device is closed.
    ///
    /// Looks at 10,000 windows at most, which is 10 years of hourly calibrations.
    func stretched(_ work: TimeSpan, from now: Timestamp) -> TimeSpan {
        var (at, left) = (closedUntil(now) ?? now, work)
        for _ in 0..<10_000 {
            guard let closing = nextClosing(after: at), closing - at < left else { break }
            left = left - (closing - at)
            at = closedUntil(closing) ?? closing
        }
        return at + left - now
    }
}
