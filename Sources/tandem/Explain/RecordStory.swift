import Contracts
import Determinism
import Terminal

/// What happened to one record, in order of time.
struct RecordStory: Encodable {
    /// A number or word that counted, beside what it was held against.
    struct Fact: Encodable, Equatable {
        let name: String
        let value: String
        var limit: String?
        /// What came of it: `passed`, `refused`, `not reached`.
        var verdict: String?
    }

    struct Event: Encodable {
        let at: String
        /// Since the record was received; negative for what came before.
        var sinceReceivedMs: Double?
        let stage: String
        let text: String
        var facts: [Fact] = []
        let topic: String
        let partition: Int32
        let offset: Int64
        fileprivate let instant: Timestamp

        private enum CodingKeys: String, CodingKey {
            case at, sinceReceivedMs, stage, text, facts, topic, partition, offset
        }
    }

    let id: String
    let partition: Int32
    /// Messages read, by topic.
    var searched: [String: Int] = [:]
    private(set) var events: [Event] = []
    private(set) var receivedAt: Timestamp?

    init(id: String, partition: Int32) {
        self.id = id
        self.partition = partition
    }

    private enum CodingKeys: String, CodingKey {
        case id, partition, searched, events
    }

    mutating func add(
        _ stage: String, _ text: String, at instant: Timestamp, _ place: StoryPlace,
        _ facts: [Fact] = []
    ) {
        events.append(
            Event(
                at: instant.rfc3339, stage: stage, text: text, facts: facts,
                topic: place.topic.rawValue, partition: place.partition, offset: place.offset,
                instant: instant))
    }

    mutating func receive(at instant: Timestamp) {
        if receivedAt.map({ instant < $0 }) ?? true { receivedAt = instant }
    }

    /// Brings the events into their order; of one instant, in the order of the stages.
    mutating func sort() {
        let stages = ["you", "rejected"] + StageName.allCases.map(\.rawValue)
        let rank = { (event: Event) in stages.firstIndex(of: event.stage) ?? stages.count }
        events.sort { ($0.instant, rank($0), $0.offset) < ($1.instant, rank($1), $1.offset) }
        guard let receivedAt else { return }
        for index in events.indices {
            events[index].sinceReceivedMs = (events[index].instant - receivedAt).inMilliseconds
        }
    }

    // MARK: For people

    func rendered(style: Style) -> String {
        let name = TextWidth.cleaned(id, style: style)
        var lines = [style.apply(.bold, "record \(name)") + ", partition \(partition)"]
        for event in events {
            let since = event.sinceReceivedMs.map {
                ($0 < 0 ? "" : "+") + Format.duration(milliseconds: $0, style: style)
            }
            let time = TextWidth.padded(since ?? event.at, to: 10, alignment: .trailing)
            let stage = TextWidth.padded(event.stage, to: 10, alignment: .leading)
            let text = TextWidth.cleaned(event.text, style: style)
            lines.append("\(time)  \(style.apply(.bold, stage))  \(text)")
            if !event.facts.isEmpty { lines.append(Self.table(event.facts, style)) }
        }
        return lines.joined(separator: "\n")
    }

    private static func table(_ facts: [Fact], _ style: Style) -> String {
        let margin = String(repeating: " ", count: 26)
        let columns = (
            facts.map { TextWidth.columns($0.name) }.max() ?? 0,
            facts.map { TextWidth.columns($0.value) }.max() ?? 0
        )
        return facts.map { fact in
            let name = TextWidth.padded(fact.name, to: columns.0, alignment: .leading)
            let value = TextWidth.padded(fact.value, to: columns.1, alignment: .leading)
            let rest = [fact.limit.map { "limit \($0)" }, fact.verdict].compactMap { $0 }
            let line = TextWidth.cleaned(
                margin + name + "  " + value + "  " + rest.joined(separator: ", "), style: style)
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        .joined(separator: "\n")
    }
}

/// Where a message of the story stands.
struct StoryPlace {
    let topic: Topic
    let partition: Int32
    let offset: Int64
    let timestamp: Timestamp
}

/// Numbers in the story's words.
enum StoryText {
    static func score(_ value: Double) -> String { Format.number(value, decimals: 4) }
    static func time(_ milliseconds: Double) -> String {
        Format.duration(milliseconds: milliseconds)
    }
    static func money(_ value: Double) -> String { Format.number(value, decimals: 4) }

    /// Up to four decimals, without zeros at the end.
    static func plain(_ value: Double) -> String {
        let text = Format.number(value, decimals: 4)
        guard text.contains(".") else { return text }
        let cut = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
        return String(cut.reversed())
    }
}
