/// What a setting accepts: the one place where text becomes a checked value.
public enum SettingType: Equatable, Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    /// Finite numbers in the range.
    case number(ClosedRange<Double>)
    case choice([String])
    /// Letters, digits, `.`, `_` and `-`: what Kafka allows in names.
    case name(minimumLength: Int)
    /// A host name or an address.
    case host
    /// Kafka bootstrap servers, as a list or separated by commas.
    case addresses
    /// Names of anything, as a list or separated by commas; each once.
    case words
    /// At most three numbers above 0 and below 1, descending.
    case shares
    /// `[low, high]` within 0…1.
    case interval
    /// `[{startSeconds: …, durationSeconds: …}, …]`.
    case outages
    /// `[{name: …, …}, …]` with the keys of `enrichment.device`.
    case devices
    /// librdkafka property names with their values.
    case properties
    /// Names with numbers above 0.
    case weights
    /// `[{name: …, cap: …, …}, …]`.
    case budgets

    /// The accepted values in words, for messages and documentation.
    public var allowed: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            "a number from \(ConfigurationValue.text(of: range.lowerBound))"
                + " to \(ConfigurationValue.text(of: range.upperBound))"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .name(let length):
            "\(length == 0 ? "at most" : "1 to") 100 letters, digits, '.', '_' or '-'"
        case .host: "a host name or an address to listen on"
        case .addresses: "host:port, several as a list or separated by commas"
        case .words: "names of 1 to 256 bytes, several as a list or separated by commas"
        case .shares: "at most three numbers above 0 and below 1 as a list, descending"
        case .interval: "[low, high] with 0 <= low <= high <= 1"
        case .outages:
            "a list of {startSeconds: 0 or more, durationSeconds: above 0}"
        case .devices:
            "a list of at most \(DeviceList.maximum) maps with keys of enrichment.device and their "
                + "values, each with a name of its own"
        case .properties: "a map of librdkafka property names to single values"
        case .weights: "a map of names to numbers from 0.000001 to 1000000"
        case .budgets:
            "a list of {name, cap, window: hour, day, week or total, tenant, model, device, paced: true, "
                + "stopLoss: true}, all but name and cap optional"
        }
    }

    /// The checked value, or `nil` when `raw` is not one that `allowed` describes.
    func parse(_ raw: RawNode) -> ConfigurationValue? {
        switch self {
        case .addresses: addresses(raw)
        case .words: words(raw)
        case .shares: shares(raw)
        case .interval: interval(raw)
        case .outages: outages(raw)
        case .devices: DeviceList.parse(raw)
        case .properties: properties(raw)
        case .weights: weights(raw)
        case .budgets: budgets(raw)
        default: if case .scalar(let text) = raw.content { scalar(text) } else { nil }
        }
    }

    private func scalar(_ text: String) -> ConfigurationValue? {
        switch self {
        case .boolean:
            return ["true": .boolean(true), "false": .boolean(false)][text]
        case .integer(let range):
            return Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .number(let range):
            return Double(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .choice(let words):
            return words.contains(text) ? .text(text) : nil
        case .name(let length):
            let fits = (length...100).contains(text.utf8.count)
            return fits && text.utf8.allSatisfy(Self.isNameByte) ? .text(text) : nil
        case .host:
            let isHost = text.utf8.allSatisfy { Self.isNameByte($0) || $0 == UInt8(ascii: ":") }
            return isHost && (1...253).contains(text.utf8.count) ? .text(text) : nil
        default: return nil
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension SettingType {
    private func addresses(_ raw: RawNode) -> ConfigurationValue? {
        var texts: [String] = []
        switch raw.content {
        case .null: return .list([])
        case .scalar(let text): texts = text.split(separator: ",").map(Self.trimmed)
        case .list(let items):
            for item in items {
                guard case .scalar(let text) = item.content else { return nil }
                texts.append(text)
            }
        case .map: return nil
        }
        guard texts.allSatisfy(Self.isAddress) else { return nil }
        return .list(texts.map { .text($0) })
    }

    private func words(_ raw: RawNode) -> ConfigurationValue? {
        var texts: [String] = []
        switch raw.content {
        case .null: return .list([])
        case .scalar(let text): texts = text.split(separator: ",").map(Self.trimmed)
        case .list(let items):
            for case .scalar(let text) in items.map(\.content) { texts.append(text) }
            guard texts.count == items.count else { return nil }
        case .map: return nil
        }
        let isSound = texts.allSatisfy { (1...256).contains($0.utf8.count) }
        return isSound && Set(texts).count == texts.count ? .list(texts.map { .text($0) }) : nil
    }

    private func shares(_ raw: RawNode) -> ConfigurationValue? {
        if case .null = raw.content { return .list([]) }
        guard case .list(let items) = raw.content, items.count <= 3 else { return nil }
        var shares: [Double] = []
        for case .scalar(let text) in items.map(\.content) {
            guard let share = Double(text), share > 0, share < shares.last ?? 1 else { return nil }
            shares.append(share)
        }
        return shares.count == items.count ? .list(shares.map { .number($0) }) : nil
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// `host:port` or `[IPv6]:port`, with an optional `PROTOCOL://` before it as librdkafka allows.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "://", omittingEmptySubsequences: false)
        guard parts.count <= 2, let rest = parts.last, let colon = rest.lastIndex(of: ":"),
            let port = Int(rest[rest.index(after: colon)...])
        else { return false }
        let host = rest[..<colon]
        return (1...65_535).contains(port) && !host.isEmpty
            && host.utf8.allSatisfy { isNameByte($0) || "[]:".utf8.contains($0) }
    }

    private func interval(_ raw: RawNode) -> ConfigurationValue? {
        var texts: [String] = []
        switch raw.content {
        case .scalar(let text): texts = text.split(separator: ",").map(Self.trimmed)
        case .list(let items):
            for case .scalar(let text) in items.map(\.content) { texts.append(text) }
            guard texts.count == items.count else { return nil }
        default: return nil
        }
        guard texts.count == 2, let low = Double(texts[0]), let high = Double(texts[1]),
            0 <= low, low <= high, high <= 1
        else { return nil }
        return .list([.number(low), .number(high)])
    }

    private func outages(_ raw: RawNode) -> ConfigurationValue? {
        if case .null = raw.content { return .list([]) }
        guard case .list(let items) = raw.content else { return nil }
        let windows = items.compactMap(Self.outage)
        return windows.count == items.count ? .list(windows) : nil
    }

    private static func outage(_ raw: RawNode) -> ConfigurationValue? {
        guard case .map(let entries) = raw.content, entries.count == 2 else { return nil }
        var seconds: [String: Double] = [:]
        for case (let key, _, .scalar(let text)) in entries.map({ ($0.key, 0, $0.value.content) }) {
            seconds[key] = Double(text)
        }
        guard let start = seconds["startSeconds"], let duration = seconds["durationSeconds"],
            (0...1e9).contains(start), duration > 0, duration <= 1e9
        else { return nil }
        return PlannedOutage(startSeconds: start, durationSeconds: duration).settingValue
    }

    /// Values stay as written: `true`, `5` and `"5"` all reach librdkafka as their text.
    private func properties(_ raw: RawNode) -> ConfigurationValue? {
        if case .null = raw.content { return .map([]) }
        guard case .map(let items) = raw.content else { return nil }
        var entries: [ConfigurationValue.Entry] = []
        for item in items {
            guard case .scalar(let text) = item.value.content, !item.key.isEmpty else { return nil }
            entries.append(.init(item.key, .text(text)))
        }
        return .map(entries)
    }

    private func weights(_ raw: RawNode) -> ConfigurationValue? {
        if case .null = raw.content { return .map([]) }
        guard case .map(let items) = raw.content else { return nil }
        var entries: [ConfigurationValue.Entry] = []
        for item in items {
            guard case .scalar(let text) = item.value.content, let weight = Double(text),
                (1e-6...1e6).contains(weight), (1...256).contains(item.key.utf8.count)
            else { return nil }
            entries.append(.init(item.key, .number(weight)))
        }
        return .map(entries)
    }

    private func budgets(_ raw: RawNode) -> ConfigurationValue? {
        if case .null = raw.content { return .list([]) }
        guard case .list(let items) = raw.content else { return nil }
        let budgets = items.compactMap(Self.budget)
        return budgets.count == items.count ? .list(budgets.map(\.settingValue)) : nil
    }

    private static func budget(_ raw: RawNode) -> BudgetConfiguration? {
        guard case .map(let items) = raw.content else { return nil }
        var entries: [ConfigurationValue.Entry] = []
        for item in items {
            guard case .scalar(let text) = item.value.content,
                BudgetConfiguration.keys.contains(item.key)
            else { return nil }
            let isFlag = item.key == "paced" || item.key == "stopLoss"
            if isFlag {
                guard let on = ["true": true, "false": false][text] else { return nil }
                entries.append(.init(item.key, .boolean(on)))
            } else {
                entries.append(.init(item.key, .text(text)))
            }
        }
        return BudgetConfiguration(settingValue: .map(entries))
    }
}
