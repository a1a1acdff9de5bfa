/// Colours that people with any kind of colour vision can tell apart, on white and on dark.
///
/// The eight of Okabe and Ito, "Color Universal Design" (2008), without black, which a dark page
/// swallows; yellow is darkened a little for white pages. After the last one they recur hatched, so
/// that no two series of a chart look alike.
public enum Palette {
    public static let colors = [
        "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#C9B400", "#8C8C8C",
    ]

    static func color(_ index: Int) -> String { colors[index % colors.count] }
    static func isHatched(_ index: Int) -> Bool { (index / colors.count).isMultiple(of: 2) == false }
}
