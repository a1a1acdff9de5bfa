import Testing

@testable import Configuration

@Suite("The settings table")
struct SettingsTableTests {
    @Test("has a key for every property of the configuration and a property for every key")
    func tableAndStructAgree() {
        let properties = leaves(of: TandemConfiguration(), prefix: "")
        #expect(Set(properties) == Set(Settings.all.map(\.key)))
        #expect(properties.count == Settings.all.count)
    }

    private func leaves(of value: Any, prefix: String) -> [String] {
        Mirror(reflecting: value).children.flatMap { child -> [String] in
            let key = prefix + (child.label ?? "?")
            let isSection = "\(type(of: child.value))".hasSuffix("Configuration")
            return isSection ? leaves(of: child.value, prefix: key + ".") : [key]
        }
    }

    @Test("accepts every default and reads it back from its own YAML", arguments: Settings.all)
    func defaultsAreAllowed(setting: Setting) throws {
        let raw = try #require(try YAMLReader.read("x: \(setting.defaultValue.yaml)"))
        guard case .map(let entries) = raw.content else {
            Issue.record("no map")
            return
        }
        #expect(setting.parse(entries[0].value) == setting.defaultValue)
    }

    @Test("stores each value at its own key and nowhere else", arguments: Settings.all)
    func storesAtItsKey(setting: Setting) throws {
        let raw = try #require(try YAMLReader.read("x: \(sample(setting.type))"))
        guard case .map(let entries) = raw.content else {
            Issue.record("no map")
            return
        }
        let value = try #require(setting.parse(entries[0].value))
        var configuration = TandemConfiguration()
        #expect(setting.assign(value, to: &configuration))
        for other in Settings.all {
            let expected = other.key == setting.key ? value : other.defaultValue
            #expect(other.value(in: configuration) == expected, "\(other.key)")
        }
    }

    private func sample(_ type: SettingType) -> String {
        switch type {
        case .boolean: "true"
        case .integer(let range): "\(range.upperBound - 1)"
        case .number(let range): ConfigurationValue.text(of: range.upperBound * 0.75)
        case .choice(let words): "'\(words.last ?? "")'"
        case .name, .host: "sample"
        case .addresses: "[one:1, two:2]"
        case .words: "[one, two words]"
        case .shares: "[0.5, 0.25]"
        case .interval: "[0.25, 0.75]"
        case .outages: "[{startSeconds: 1, durationSeconds: 2}]"
        case .devices: "[{name: one, kind: ideal}, {name: two, outages: [], jitter: 1}]"
        case .properties: "{client.id: one}"
        case .weights: "{one: 2, two: 0.5}"
        case .budgets: "[{name: one, cap: '12.5', window: week, tenant: two, stopLoss: true}]"
        }
    }

    @Test("names environment variables in capitals with underscores")
    func environmentNames() {
        let names = ["latencyBudgetMs", "admission.maximumInFlight", "enrichment.device.jitter"]
            .compactMap { Settings.setting($0)?.environmentName }
        #expect(
            names == [
                "TANDEM_LATENCY_BUDGET_MS", "TANDEM_ADMISSION_MAXIMUM_IN_FLIGHT",
                "TANDEM_ENRICHMENT_DEVICE_JITTER",
            ])
        #expect(Set(Settings.all.map(\.environmentName)).count == Settings.all.count)
    }

    @Test("documents every key and titles every section")
    func documentation() {
        for setting in Settings.all {
            #expect(setting.documentation.hasSuffix(".") || setting.documentation.hasSuffix("…"))
        }
        let used = Settings.all.map { $0.sections.joined(separator: ".") }.filter { !$0.isEmpty }
        #expect(Set(used) == Settings.sectionNames)
        let table = ConfigurationReference.markdown().split(separator: "\n")
        #expect(table.count == Settings.all.count + 2)
    }
}

@Suite("Suggestions")
struct SuggestionTests {
    @Test(
        "find the nearest word, or none",
        arguments: [
            ("admision", "admission"), ("Mode", "mode"), ("brokrs", "brokers"), ("qqq", nil),
            ("modle", "model"), ("", nil), ("x", nil), ("lst", "list"), ("fst", nil),
            ("set", nil), ("z", nil), ("ab", nil), ("A", "a"),
        ] as [(String, String?)])
    func nearest(word: String, expected: String?) {
        let words = ["brokers", "admission", "mode", "model", "shots", "a", "ac", "list"]
        #expect(Suggestion.nearest(to: word, among: words) == expected)
    }

    @Test("end an error's line, with all that is allowed")
    func unknown() {
        let words = ["list", "apply"]
        #expect(
            Suggestion.unknown("verb", "lst", among: words)
                == "unknown verb 'lst'; did you mean 'list'? Allowed: list, apply")
        #expect(
            Suggestion.unknown("verb", "show", among: words)
                == "unknown verb 'show'; allowed: list, apply")
    }

    @Test("count insertions, deletions, substitutions and exchanges")
    func distances() {
        func distance(_ first: String, _ second: String) -> Int {
            Suggestion.distance(Array(first.unicodeScalars), Array(second.unicodeScalars))
        }
        #expect(distance("kitten", "sitting") == 3)
        #expect(distance("", "abc") == 3)
        #expect(distance("abc", "") == 3)
        #expect(distance("flaw", "lawn") == 2)
        #expect(distance("modle", "model") == 1)
    }
}
