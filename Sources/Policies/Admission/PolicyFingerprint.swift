import Determinism

/// A hash of everything that configures decisions: equal policies have equal hashes in every process
/// and on every machine, so that a recorded decision names the policy that made it.
///
/// It is taken over the names and values of all stored properties, nested ones included, so that a
/// new field cannot be forgotten. Slow (some microseconds a field): once per policy, not per record.
public enum PolicyFingerprint {
    public static func of(_ policy: some Any) -> UInt64 {
        var text = ""
        append(policy, to: &text)
        return StableHash.hash64(text)
    }

    private static func append(_ value: Any, to text: inout String) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .set, .dictionary:
            // Their order differs from process to process.
            let elements = mirror.children.map { child in
                var element = ""
                append(child.value, to: &element)
                return element
            }
            text += "{" + elements.sorted().joined(separator: ",") + "}"
        case .optional where mirror.children.isEmpty: text += "nil"
        case .optional: append(mirror.children.first?.value ?? "", to: &text)
        default:
            guard !mirror.children.isEmpty else {
                text += "\(value)"
                return
            }
            if mirror.displayStyle == .enum { text += "." }
            text += "("
            for child in mirror.children {
                text += (child.label ?? "") + ":"
                append(child.value, to: &text)
                text += ";"
            }
            text += ")"
        }
    }
}
