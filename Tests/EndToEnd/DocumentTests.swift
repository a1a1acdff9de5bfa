import Contracts
import Foundation
import Testing
import Yams

extension EndToEnd {
    @Suite("what the documents say", .serialized)
    struct DocumentTests {
        /// Uses of the command in code blocks and inline code; prose is not looked at.
        private func uses(in document: String) throws -> [DocumentedUse] {
            let text = try BuildFolder.text(document)
            if document.hasSuffix(".yaml") { return try composed(text, document) }
            var code = ""
            var isBlock = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix("```") {
                    isBlock.toggle()
                } else if isBlock || line.hasPrefix("    ") || document.hasSuffix(".service") {
                    code += line + "\n"
                } else {
                    for (index, part) in line.split(
                        separator: "`", omittingEmptySubsequences: false
                    )
                    .enumerated() where index % 2 == 1 {
                        code += part + "\n"
                    }
                }
            }
            return DocumentedUse.all(in: code, document: document)
        }

        private func composed(_ text: String, _ document: String) throws -> [DocumentedUse] {
            let root = try Yams.load(yaml: text) as? [String: Any]
            let services = try #require(root?["services"] as? [String: Any])
            return services.values.compactMap { service in
                guard let command = (service as? [String: Any])?["command"] as? [String] else {
                    return nil
                }
                return DocumentedUse(document: document, words: command)
            }
        }

        @Test(
            "every verb and flag in it exists",
            arguments: [
                "README.md", "deploy/runbook.md", "deploy/compose.yaml", "deploy/tandem@.service",
            ])
        func usesExist(document: String) async throws {
            let uses = try uses(in: document)
            #expect(!uses.isEmpty)
            for (verb, group) in Dictionary(grouping: uses, by: \.verb) {
                let known = try await Help.flags(of: verb)
                #expect(!known.isEmpty, "\(document): no verb '\(verb.joined(separator: " "))'")
                for use in group {
                    let unknown = use.flags.subtracting(known)
                    #expect(
                        unknown.isEmpty,
                        "\(document): \(verb.joined(separator: " ")) has no \(unknown.sorted())")
                }
            }
        }

        @Test("the README documents every key of the demo's JSON and no other")
        func reportKeys() async throws {
            let run = try await RunningCommand.run(
                ["demo", "--records", "50", "--output", "json", "--mode", "live"])
            try #require(run.exitCode == 0, "\(run.trouble)")
            let object = try JSONSerialization.jsonObject(with: run.data(.output))
            let keys = Set(try #require(object as? [String: Any]).keys)
            let section = try section("## Keys of the demo's JSON")
            let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
            let documented = Set(
                rows.flatMap { row in
                    let cell = row.split(separator: "|")[0]
                    return cell.matches(of: #/`([A-Za-z]+)`/#).map { String($0.1) }
                })
            #expect(documented == keys)
        }

        @Test("the README's topology table is the topology of the code")
        func topologyTable() throws {
            let section = try section("## One record, seven stages")
            let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
                .map { row in
                    row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                }
                .filter { $0.first?.hasPrefix("---") == false }
            let expected = Topology.edges.map { edge in
                [
                    edge.stage.rawValue, edge.reads.map(\.rawValue).joined(separator: ", "),
                    edge.writes.map(\.rawValue).joined(separator: ", "), edge.decides,
                ]
            }
            #expect(Array(rows) == expected)
        }

        @Test("the README explains every reason that a score can carry, and no other")
        func reasons() throws {
            let section = try section("## Reasons")
            let documented = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
                .flatMap { row in
                    row.split(separator: "|")[0].matches(of: #/`([A-Za-z]+)`/#)
                        .map { String($0.1) }
                }
            #expect(documented.sorted() == ReasonCode.allCases.map(\.rawValue).sorted())
        }

        /// The README's text from a heading to the next of its rank.
        private func section(_ heading: String) throws -> Substring {
            let text = try BuildFolder.text("README.md")
            let begin = try #require(text.range(of: heading + "\n"), "no '\(heading)'")
            let rest = text[begin.upperBound...]
            return rest.range(of: "\n## ").map { rest[..<$0.lowerBound] } ?? rest
        }
    }
}
