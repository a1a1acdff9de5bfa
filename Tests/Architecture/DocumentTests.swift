import Contracts
import Foundation
import TestSupport
import Testing

@Suite("Documents and code")
struct DocumentTests {
    static var hasReadme: Bool {
        FileManager.default.fileExists(atPath: Repository.root.appending(path: "README.md").path())
    }

    /// Rows of Markdown tables: cells without code marks.
    private func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `*")) }
        }
    }

    private func topics(_ cell: String) -> Set<String> {
        Set(
            cell.split(separator: ",").map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
            })
    }

    @Test("agree on what each stage reads and writes", .enabled(if: hasReadme))
    func readmeTable() throws {
        let rows = rows(try Repository.text("README.md"))
        var found: [String] = []
        for edges in Topology.edges {
            let name = edges.stage.rawValue
            guard let row = rows.first(where: { $0.first == name && $0.count >= 4 }) else {
                Issue.record("README.md has no row for '\(name)'")
                continue
            }
            found.append(name)
            #expect(topics(row[1]) == Set(edges.reads.map(\.rawValue)), "\(name) reads")
            #expect(topics(row[2]) == Set(edges.writes.map(\.rawValue)), "\(name) writes")
            #expect(!row[3].isEmpty, "\(name) decides")
        }
        let order = rows.compactMap { $0.first }.filter { StageName(rawValue: $0) != nil }
        #expect(Array(order.prefix(7)) == found, "stages stand in the order of the pipeline")
    }

    @Test("agree on every topic's declaration")
    func declarations() throws {
        let files = try TopicFiles()
        #expect(TopicDeclaration.all.map(\.topic) == Topic.allCases)
        for declaration in TopicDeclaration.all {
            let name = declaration.topic.rawValue
            let file = try #require(files.topics.first { $0.fileName == name })
            #expect(declaration.purpose == file.text("purpose"), "\(name)")
            #expect(declaration.partitions == file.number("partitions"), "\(name)")
            #expect(declaration.replication == file.number("replication"), "\(name)")
            #expect(declaration.cleanup.rawValue == file.text("cleanup"), "\(name)")
            #expect(declaration.retentionMs == file.number("retentionMs"), "\(name)")
            #expect(declaration.maxMessageBytes == file.number("maxMessageBytes"), "\(name)")
        }
    }

    @Test("name each stage once, in the order in which a record meets them")
    func topology() {
        #expect(Topology.edges.map(\.stage) == StageName.allCases)
        for edges in Topology.edges {
            // Admission reads in the ledger what its own reservations came to.
            let own = Set(edges.reads).intersection(edges.writes)
            #expect(own == (edges.stage == .admission ? [.ledger] : []), "\(edges.stage)")
            #expect(edges.reads.allSatisfy { $0.plane == .data }, "\(edges.stage)")
            #expect(edges.follows.allSatisfy { $0.plane == .control }, "\(edges.stage)")
            #expect(edges.writes.contains(.rejects) && !edges.decides.isEmpty, "\(edges.stage)")
        }
    }

    @Test("give every rejection code a sentence of its own in the source that defines it")
    func codes() throws {
        for (file, cases) in [
            ("Sources/Contracts/RejectCode.swift", RejectCode.allCases.map(\.rawValue)),
            ("Sources/Contracts/ReasonCode.swift", ReasonCode.allCases.map(\.rawValue)),
        ] {
            let lines = try Repository.text(file).split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            for name in cases {
                let line = try #require(lines.firstIndex(of: "case \(name)"), "\(name) in \(file)")
                #expect(lines[line - 1].hasPrefix("///"), "\(name)")
            }
        }
    }
}
