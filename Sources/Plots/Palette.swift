/// Colours that people with any kind of colour vision can tell apart, on white and on dark.
///
/// Six of those of Okabe and Ito, "Color Universal Design" (2008), with brown and grey in place of
/// yellow and black, which one of the pages swallows. After the last one they recur hatched, so
/// that no two series of a chart look alike.
public enum Palette {
    public static let colors = [
        "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#7A5C00", "#6E7781",
    ]

    static func color(_ index: Int) -> String { colors[index % colors.count] }
    static func isHatched(_ index: Int) -> Bool {
        !(index / colors.count).isMultiple(of: 2)
    }
}
