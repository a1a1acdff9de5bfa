internal import Contracts
public import Determinism

/// Which rejects a command is about; an empty set of codes or stages means all.
public struct RejectSelection: Sendable, Equatable {
    /// Values of `tandem-error-code`.
    public var codes: Set<String> = []
    /// Values of `tandem-error-stage`.
    public var stages: Set<String> = []
    /// The earliest timestamp; a reject keeps the timestamp of the message that was rejected.
    public var since: Timestamp?
    /// The first timestamp that is too late.
    public var until: Timestamp?

    public init() {}

    public func contains(_ note: RejectNote, timestamp: Timestamp) -> Bool {
        if !codes.isEmpty, !codes.contains(note.code) { return false }
        if !stages.isEmpty, !stages.contains(note.stage) { return false }
        if let since, timestamp < since { return false }
        if let until, timestamp >= until { return false }
        return true
    }
}

extension RejectSelection {
    /// Reads an instant as users write it: RFC 3339 (`2026-11-21T10:15:30Z`), or an age before `now`
    /// as a whole number of seconds, minutes, hours or days (`90s`, `15m`, `6h`, `2d`).
    ///
    /// - Returns: nil for anything else.
    public static func instant(_ text: String, now: Timestamp) -> Timestamp? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...1_000_000_000).contains(count), text.first?.isNumber == true
        {
            return now - TimeSpan.seconds(count * unit)
        }
        let bytes = OwnedBytes(text)
        return withExtendedLifetime(bytes) { Timestamp(rfc3339: bytes.slice) }
    }
}

/// Keeps the newest so many of what it is given, by timestamp; of equal ones, those given last.
///
/// Holds at most twice the limit, whatever goes through it.
public struct Newest<Element> {
    private var kept: [(timestamp: Timestamp, sequence: Int, element: Element)] = []
    /// How many it was given.
    public private(set) var seen = 0
    private let limit: Int

    /// - Parameter limit: at least 1.
    public init(limit: Int) { self.limit = max(1, limit) }

    public mutating func insert(_ element: Element, at timestamp: Timestamp) {
        kept.append((timestamp, seen, element))
        seen += 1
        if kept.count >= limit * 2 { trim() }
    }

    private mutating func trim() {
        kept.sort { ($0.timestamp, $0.sequence) < ($1.timestamp, $1.sequence) }
        kept.removeFirst(max(0, kept.count - limit))
    }

    /// Oldest first.
    public var elements: [Element] {
        var copy = self
        copy.trim()
        return copy.kept.map(\.element)
    }
}
