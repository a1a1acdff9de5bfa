private import Determinism
private import Foundation

extension ModelBundle {
    /// The bundle as JSON: sorted keys, shortest numbers that read back to the same bits.
    ///
    /// - Throws: `ModelBundleError` when an invariant does not hold.
    public func encoded() throws(ModelBundleError) -> [UInt8] {
        try validate()
        return try canonicalBytes()
    }

    /// Reads a bundle, checking every invariant and that its content hashes to its version.
    ///
    /// Unknown keys are ignored, so that an older reader takes a bundle that says more; they do not
    /// take part in the version.
    /// - Throws: `ModelBundleError` naming the field.
    public init(decoding bytes: [UInt8]) throws(ModelBundleError) {
        do {
            self = try JSONDecoder().decode(ModelBundle.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw ModelBundleError(error)
        } catch {
            throw .malformed(field: "document", problem: "\(error)")
        }
        try validate()
        let actual = try contentVersion()
        guard version == actual else { throw .versionMismatch(claimed: version, actual: actual) }
    }

    /// 12 hexadecimal digits of a stable hash over the canonical bytes without a version.
    func contentVersion() throws(ModelBundleError) -> String {
        var unversioned = self
        unversioned.version = ""
        let bytes = try unversioned.canonicalBytes()
        return String(hexadecimal(StableHash.hash64(bytes)).prefix(12))
    }

    private func canonicalBytes() throws(ModelBundleError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try [UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw .malformed(field: "document", problem: "cannot be written: \(error)")
        }
    }
}

extension ModelBundleError {
    fileprivate init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self = .malformed(field: Self.path(context.codingPath + [key]), problem: "is missing")
        case .typeMismatch(let type, let context):
            self = .malformed(
                field: Self.path(context.codingPath), problem: "is not of type \(type)")
        case .valueNotFound(let type, let context):
            self = .malformed(
                field: Self.path(context.codingPath), problem: "is null, needs \(type)")
        case .dataCorrupted(let context):
            self = .malformed(
                field: Self.path(context.codingPath),
                problem: Self.oneLine(context.debugDescription))
        @unknown default:
            self = .malformed(field: "document", problem: Self.oneLine("\(error)"))
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        guard !keys.isEmpty else { return "document" }
        var path = ""
        for key in keys {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return path
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
