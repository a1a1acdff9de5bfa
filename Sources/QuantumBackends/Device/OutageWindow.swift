public import Determinism

/// A span of time relative to a device's start, from included, until excluded.
public struct OutageWindow: Hashable, Sendable {
    public let from: TimeSpan
    public let until: TimeSpan

    public init(from: TimeSpan, until: TimeSpan) {
        self.from = from
        self.until = until
    }
}

/// An `OutageWindow` in absolute time.
struct TimeWindow: Hashable, Sendable {
    let from: Timestamp
    let until: Timestamp

    init(from: Timestamp, until: Timestamp) {
        self.from = from
        self.until = until
    }

    init(_ window: OutageWindow, since start: Timestamp) {
        self.init(from: start + window.from, until: start + window.until)
    }

    func contains(_ instant: Timestamp) -> Bool { from <= instant && instant < until }
}
