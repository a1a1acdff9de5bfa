import Yams

/// The only user of Yams: text to `RawNode`, mistakes to problems.
enum YAMLReader {
    /// Far above any configuration; aliases could otherwise multiply a small file without end.
    static let maximumNodes = 20_000

    /// - Parameter source: for text outside a file, where it came from.
    /// - Returns: `nil` for an empty document.
    /// - Throws: one problem saying what YAML does not allow and where.
    static func read(
        _ text: String, source: SettingSource? = nil
    ) throws(ConfigurationProblem) -> RawNode? {
        do {
            guard let root = try Yams.compose(yaml: text) else { return nil }
            var remaining = maximumNodes
            return try convert(root, &remaining, inFile: source == nil)
        } catch let error as YamlError {
            throw problem(error, source)
        } catch let error as TooLarge {
            throw syntax(error.message, 1, source)
        } catch {
            throw syntax("\(error)", 1, source)
        }
    }

    private struct TooLarge: Error {
        let message = "more than \(YAMLReader.maximumNodes) values"
    }

    private static func convert(
        _ node: Node, _ remaining: inout Int, inFile: Bool
    ) throws -> RawNode {
        remaining -= 1
        guard remaining > 0 else { throw TooLarge() }
        let line = inFile ? node.mark?.line ?? 0 : 0
        switch node {
        case .scalar(let scalar):
            return RawNode(content: content(of: scalar), line: line)
        case .sequence(let sequence):
            var items: [RawNode] = []
            for item in sequence { items.append(try convert(item, &remaining, inFile: inFile)) }
            return RawNode(content: .list(items), line: line)
        case .mapping(let mapping):
            var entries: [(key: String, line: Int, value: RawNode)] = []
            for (key, value) in mapping {
                let converted = try convert(value, &remaining, inFile: inFile)
                let keyLine = inFile ? key.mark?.line ?? 0 : 0
                entries.append((key.scalar?.string ?? "(not text)", keyLine, converted))
            }
            return RawNode(content: .map(entries), line: line)
        case .alias:
            // The parser has put the anchored value in an alias's place.
            return RawNode(content: .null, line: line)
        }
    }

    private static func content(of scalar: Node.Scalar) -> RawNode.Content {
        let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
        return isNull ? .null : .scalar(scalar.string)
    }

    private static func problem(
        _ error: YamlError, _ source: SettingSource?
    ) -> ConfigurationProblem {
        switch error {
        case .scanner(_, let what, let mark, _), .parser(_, let what, let mark, _),
            .composer(_, let what, let mark, _):
            syntax(what, mark.line, source)
        case .duplicatedKeysInMapping(let keys, let context):
            syntax("key '\(keys.joined(separator: "', '"))' twice", context.mark.line, source)
        case .reader(let what, _, _, _): syntax(what, 1, source)
        default: syntax("unreadable text", 1, source)
        }
    }

    private static func syntax(
        _ what: String, _ line: Int, _ source: SettingSource?
    ) -> ConfigurationProblem {
        let place = source ?? .file(line: line)
        return .init(key: "", source: place, message: "not valid YAML\(place.place): \(what)")
    }
}

extension ConfigurationProblem: Error {}
