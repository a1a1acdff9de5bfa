/// Offsets done beyond a committed position, as text in the commit's metadata.
///
/// Format `t1:` and then gap and length of each range from the committed offset, in base 36,
/// separated by commas. Kafka refuses metadata beyond 4,096 bytes (`offset.metadata.max.bytes`):
/// ranges that do not fit are left out from the far end, so that a restart repeats them, never
/// skips one.
public enum CommitMetadata {
    static let limit = 4_000
    private static let prefix = "t1:"

    public static func encode(position: Int64, completed: [Range<Int64>]) -> String {
        guard !completed.isEmpty else { return "" }
        var text = prefix
        var from = position
        for range in completed {
            let part =
                (text.utf8.count == prefix.utf8.count ? "" : ",")
                + String(range.lowerBound - from, radix: 36) + ","
                + String(range.upperBound - range.lowerBound, radix: 36)
            guard text.utf8.count + part.utf8.count <= limit else { break }
            text += part
            from = range.upperBound
        }
        return text
    }

    /// Reads what `encode` wrote; anything else (no metadata, another program's) gives no ranges.
    public static func decode(position: Int64, _ text: String) -> [Range<Int64>] {
        guard text.hasPrefix(prefix) else { return [] }
        let parts = text.dropFirst(prefix.count).split(
            separator: ",", omittingEmptySubsequences: false)
        guard parts.count.isMultiple(of: 2) else { return [] }
        var ranges: [Range<Int64>] = []
        var from = position
        for index in stride(from: 0, to: parts.count, by: 2) {
            guard let gap = Int64(parts[index], radix: 36), gap >= 0,
                let length = Int64(parts[index + 1], radix: 36), length > 0,
                gap < 1 << 40, length < 1 << 40
            else { return [] }
            ranges.append(from + gap..<from + gap + length)
            from += gap + length
        }
        return ranges
    }
}
