/// What `tandem help` says of the verbs and their flags.
enum Help {
    static let groups: Set = [
        "topics", "model", "config", "control", "bench", "circuit", "devices", "rejects", "ledger",
        "simulate", "admission", "scenario",
    ]

    /// The flags of a verb such as `["topics", "apply"]`, without their dashes.
    static func flags(of verb: [String]) async throws -> Set<String> {
        let run = try await RunningCommand.run(["help"] + verb)
        guard run.exitCode == 0 else { return [] }
        return flags(in: run.text(.output))
    }

    /// Every `--word` of a text.
    static func flags(in text: some StringProtocol) -> Set<String> {
        var found: Set<String> = []
        for match in String(text).matches(of: #/(?:^|[\s\[|])--([a-z][a-z-]*)/#) {
            found.insert(String(match.1))
        }
        return found
    }
}

/// A use of the command in a document: `tandem topics apply --brokers …`.
struct DocumentedUse: Hashable, Sendable {
    let document: String
    let verb: [String]
    let flags: Set<String>

    /// - Parameter words: what follows `tandem`.
    init?(document: String, words: [String]) {
        guard let first = words.first, first.allSatisfy({ $0.isLowercase || $0 == "-" }),
            !first.hasPrefix("-")
        else { return nil }
        let isGroup = Help.groups.contains(first) && words.count > 1
        self.document = document
        verb = isGroup ? [first, words[1]] : [first]
        flags = Set(
            words.filter { $0.hasPrefix("--") }.map { word in
                String(word.dropFirst(2).prefix { $0 != "=" })
            })
    }

    /// The uses in a text's code: lines of shell blocks, inline code, indented lines.
    static func all(in text: String, document: String) -> [DocumentedUse] {
        let joined = text.replacing("\\\n", with: " ")
        return joined.matches(
            of: #/(?:^|[\s`/=])tandem ((?:[a-z][a-z-]*|--)[^\n`#|&;>)]*)/#.anchorsMatchLineEndings()
        )
        .compactMap { match in
            DocumentedUse(
                document: document,
                words: match.1.split(separator: " ").map(String.init))
        }
    }
}
