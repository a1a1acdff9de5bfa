public import Foundation
import Yams

/// The topic declarations and schemas as they lie in `topics/`.
public struct TopicFiles {
    public struct Topic {
        public let fileName: String
        public let declaration: [String: Any]
        /// `nil` when the schema is missing or not a JSON object.
        public let schema: [String: Any]?

        public func text(_ key: String) -> String { declaration[key] as? String ?? "" }
        public func number(_ key: String) -> Int? { declaration[key] as? Int }
        public func names(_ key: String) -> [String] { declaration[key] as? [String] ?? [] }
    }

    public static let folder = Repository.root.appending(path: "topics")

    public let topics: [Topic]
    public let schemaNames: Set<String>

    public init() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder, includingPropertiesForKeys: nil)
        topics = try files.filter { $0.pathExtension == "yaml" }
            .map(Self.topic).sorted { $0.fileName < $1.fileName }
        schemaNames = Set(
            files.map(\.lastPathComponent).filter { $0.hasSuffix(".schema.json") }
                .map { String($0.dropLast(".schema.json".count)) })
    }

    /// A topic's schema or one of its parts, for tests that name a topic that must exist.
    public func schema(_ name: String) -> [String: Any] {
        topics.first { $0.fileName == name }?.schema ?? [:]
    }

    private static func topic(_ file: URL) throws -> Topic {
        let name = file.deletingPathExtension().lastPathComponent
        let yaml = try Yams.load(yaml: String(contentsOf: file, encoding: .utf8))
        return Topic(
            fileName: name, declaration: yaml as? [String: Any] ?? [:],
            schema: try? readSchema(of: name))
    }

    private static func readSchema(of name: String) throws -> [String: Any]? {
        let data = try Data(contentsOf: folder.appending(path: name + ".schema.json"))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
}
