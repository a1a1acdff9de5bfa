public import Foundation

/// The repository that these tests were compiled from.
public enum Repository {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Text of a file named from the root.
    public static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Swift files below a folder, as paths from the root, sorted.
    public static func swiftFiles(below folder: String) -> [String] {
        let base = root.appending(path: folder)
        let files = FileManager.default.enumerator(atPath: base.path())
        return (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }
            .map { folder + "/" + $0 }.sorted()
    }
}

/// A value of `JSONSerialization` as text.
public func jsonText(_ value: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
}

public func jsonObject(_ bytes: some Sequence<UInt8>) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
}
