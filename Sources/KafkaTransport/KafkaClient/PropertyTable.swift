internal import CRdkafka
internal import Glibc

/// What librdkafka itself says of its configuration properties: names, whose they are, what they
/// take.
///
/// Read once from the library in use, so that it is right for any version.
public struct KafkaPropertyTable: Sendable {
    /// Which clients a property is for.
    public enum Side: Sendable, Equatable {
        case producer, consumer, both
    }

    /// Why a value cannot be set.
    public enum Refusal: Equatable, Sendable {
        case unknownName
        /// `allowed` is the library's range or list, else its words.
        case invalid(allowed: String)
    }

    private struct Entry {
        var side: Side
        /// `0 .. 300000`, `true, false`, `none, gzip, …`; empty for free text.
        var range: String
    }

    public static let library = KafkaPropertyTable(text: shownByLibrary())

    private let entries: [String: Entry]

    /// All names, in alphabetical order.
    public var names: [String] { entries.keys.sorted() }

    /// Nil for a name that is not in the table.
    public func side(of name: String) -> Side? { entries[name]?.side }

    /// Parses the library's table: a name, `C`, `P` or `*`, a range and more, with bars between.
    init(text: String) {
        var entries: [String: Entry] = [:]
        for line in text.split(separator: "\n") {
            let cells = line.split(separator: "|", maxSplits: 3).map {
                $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            }.map { String($0) }
            guard cells.count == 4, !cells[0].isEmpty, !cells[0].hasPrefix("-") else { continue }
            let side: Side
            switch cells[1] {
            case "C": side = .consumer
            case "P": side = .producer
            case "*": side = .both
            default: continue
            }
            // Some are a client's property and a topic's: the client's stands first.
            guard entries[cells[0]] == nil else { continue }
            entries[cells[0]] = Entry(side: side, range: cells[2])
        }
        self.entries = entries
    }

    /// Whether the library takes a value, without making a client.
    public func refusal(of value: String, for name: String) -> Refusal? {
        guard let conf = unsafe rd_kafka_conf_new() else { return nil }
        defer { unsafe rd_kafka_conf_destroy(conf) }
        var words = [CChar](repeating: 0, count: 512)
        switch unsafe rd_kafka_conf_set(conf, name, value, &words, words.count) {
        case RD_KAFKA_CONF_OK: return nil
        case RD_KAFKA_CONF_UNKNOWN: return .unknownName
        default:
            let range = entries[name]?.range ?? ""
            return .invalid(
                allowed: range.isEmpty ? text(words) : range.replacing(" .. ", with: " to "))
        }
    }

    /// What the library prints, which it does to a C stream only.
    private static func shownByLibrary() -> String {
        var start: UnsafeMutablePointer<CChar>?
        var count = 0
        guard let stream = unsafe open_memstream(&start, &count) else { return "" }
        unsafe rd_kafka_conf_properties_show(stream)
        unsafe fclose(stream)
        guard let start = unsafe start else { return "" }
        defer { unsafe free(start) }
        return unsafe String(cString: start)
    }
}
