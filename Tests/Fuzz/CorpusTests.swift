import Foundation
import FuzzTargets
import TestSupport
import Testing

@Suite("The fuzz corpus")
struct CorpusTests {
    static let folder = Repository.root.appending(path: "fixtures/fuzz")

    private func files(of target: FuzzTarget) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: target.name), includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }
    }

    private func outcome(_ file: URL, _ target: FuzzTarget) throws -> FuzzOutcome {
        target.run([UInt8](try Data(contentsOf: file)))
    }

    @Test("breaks no invariant of its parser, found crashes included", arguments: FuzzTarget.all)
    func replay(target: FuzzTarget) throws {
        for file in try files(of: target) {
            if case .broken(let problem) = try outcome(file, target) {
                Issue.record("\(target.name)/\(file.lastPathComponent): \(problem)")
            }
        }
    }

    /// A target that accepted nothing would check nothing.
    @Test("has inputs that the parser accepts and such that it refuses", arguments: FuzzTarget.all)
    func bothSides(target: FuzzTarget) throws {
        let outcomes = try files(of: target).map { try outcome($0, target) }
        #expect(outcomes.contains(.held) && outcomes.contains(.refused), "\(outcomes)")
    }

    @Test("has a folder for each parser and no other")
    func folders() throws {
        let found = try FileManager.default.contentsOfDirectory(
            at: Self.folder, includingPropertiesForKeys: [.isDirectoryKey]
        ).filter { $0.hasDirectoryPath }.map(\.lastPathComponent)
        #expect(found.sorted() == FuzzTarget.all.map(\.name).sorted())
    }
}
