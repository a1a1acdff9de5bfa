import Foundation
import Yams

/// The topic declarations and schemas as they lie in `topics/`.
struct TopicFiles {
    struct Topic {
        let fileName: String
        let declaration: [String: Any]
        /// `nil` when the schema is missing or not a JSON object.
        let schema: [String: Any]?

        func text(_ key: String) -> String { declaration[key] as? String ?? "" }
        func number(_ key: String) -> Int? { declaration[key] as? Int }
        func names(_ key: String) -> [String] { declaration[key] as? [String] ?? [] }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "topics")

    let topics: [Topic]
    let schemaNames: Set<String>

    init() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder, includingPropertiesForKeys: nil)
        topics = try files.filter { $0.pathExtension == "yaml" }
            .map(Self.topic).sorted { $0.fileName < $1.fileName }
        schemaNames = Set(
            files.map(\.lastPathComponent).filter { $0.hasSuffix(".schema.json") }
                .map { String($0.dropLast(".schema.json".count)) })
    }

    private static func topic(_ file: URL) throws -> Topic {
        let name = file.deletingPathExtension().lastPathComponent
        let yaml = try Yams.load(yaml: String(contentsOf: file, encoding: .utf8))
        return Topic(
            fileName: name, declaration: yaml as? [String: Any] ?? [:],
            schema: try? schema(of: name))
    }

    private static func schema(of name: String) throws -> [String: Any]? {
        let data = try Data(contentsOf: folder.appending(path: name + ".schema.json"))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
}
