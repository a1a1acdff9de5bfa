public import Determinism

/// Which of librdkafka's lines a user sees: each text once a minute.
///
/// Seven stages have sixteen clients, and a broker that is down for an hour makes each of them say so
/// twice a second, by its log and by its error callback.
public struct KafkaLogFilter: Sendable {
    private var seen: [String: Timestamp] = [:]
    private static let interval = TimeSpan.seconds(60 as Int64)
    /// Bounds the memory; texts hold names of topics and brokers.
    private static let maximumTexts = 1_000

    public init() {}

    /// - Parameter level: 0 emergency … 4 warning. Higher ones come only when the user asked for
    ///   them, by the properties `debug` or `log_level`: then every line counts.
    /// - Returns: the line to show, or nil for one that has been shown.
    public mutating func shown(level: Int, line: String, now: Timestamp) -> String? {
        guard level <= 4 else { return line }
        let text = Self.withoutThread(line)
        let key = Self.key(text)
        if let last = seen[key], now - last < Self.interval { return nil }
        if seen.count >= Self.maximumTexts { seen.removeAll() }
        seen[key] = now
        return text
    }

    /// A log line names librdkafka's thread first, `[thrd:main]: `; the error callback's does not.
    private static func withoutThread(_ line: String) -> String {
        guard line.hasPrefix("[thrd:"), let end = line.firstRange(of: "]: ") else { return line }
        return String(line[end.upperBound...])
    }

    /// What stays the same when the same thing happens again: not how long it took or how often it
    /// was counted.
    private static func key(_ text: String) -> String {
        text.replacing(/\ \(after [^()]*(?:\(s\)[^()]*)?\)/, with: "")
            .replacing(/\d+ ?ms/, with: "ms")
    }
}
