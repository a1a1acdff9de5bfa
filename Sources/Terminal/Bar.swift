/// Horizontal bars in eighths of a column, or in whole `#` where only ASCII may be written.
enum Bar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// - Parameters:
    ///   - share: 0…1 of `width`; what is above zero is never drawn as nothing in Unicode.
    ///   - width: columns of a full bar.
    static func rendered(share: Double, width: Int, style: Style) -> String {
        guard share > 0, width > 0 else { return "" }
        let exact = min(share, 1) * Double(width)
        guard style.usesUnicode else {
            return String(repeating: "#", count: Int(exact.rounded()))
        }
        let parts = max(1, Int((exact * 8).rounded(.down)))
        return String(repeating: "█", count: parts / 8) + eighths[parts % 8]
    }
}
