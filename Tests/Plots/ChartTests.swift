import Foundation
import FoundationXML
import Testing

@testable import Plots

@Suite("A chart as SVG")
struct ChartTests {
    private func chart(
        title: String = "a title", instants: [Double] = [0, 10, 20, 30],
        series: [ChartSeries]? = nil, windows: [ChartWindow] = [], scale: ChartScale = .time
    ) -> Chart {
        Chart(
            title: title, subtitle: "below", instants: instants, scale: scale, axis: "time",
            windows: windows,
            panels: [
                ChartPanel(
                    title: "panel", unit: "1/s",
                    series: series ?? [
                        ChartSeries("lower", .area, [1, 2, 3, 4], color: 0),
                        ChartSeries("upper", .area, [4, 3, 2, 1], color: 1),
                        ChartSeries("limit", .dashed, [6, 6, 6, 6], color: 2),
                    ])
            ])
    }

    /// Elements by name, with their attributes; fails for what is no XML.
    private func elements(_ svg: String) throws -> [(name: String, attributes: [String: String])] {
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        return reader.elements
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [(name: String, attributes: [String: String])] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String]
        ) { elements.append((name, attributes)) }
    }

    @Test("is XML whose text is escaped, whatever the names hold")
    func escaped() throws {
        let hostile = "<script>alert(\"1\" & '2')</script>\u{0}\u{1B}\u{FFFF}]]>"
        let svg = ChartRenderer.svg(
            chart(
                title: hostile,
                series: [ChartSeries(hostile, .line, [1, 2, 3, 4], color: 0)],
                windows: [ChartWindow(hostile, from: 5, until: 9)]))
        let names = Set(try elements(svg).map(\.name))
        #expect(!names.contains("script"))
        #expect(svg.contains("&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;"))
        #expect(!svg.contains("\u{1B}"))
    }

    @Test("loads nothing from anywhere else")
    func standsAlone() throws {
        let svg = ChartRenderer.svg(chart())
        for (name, attributes) in try elements(svg) {
            #expect(!["image", "script", "use", "foreignObject"].contains(name))
            #expect(attributes["href"] == nil)
        }
        #expect(!svg.contains("@import") && !svg.contains("font-face"))
    }

    @Test("gives the same bytes for the same chart")
    func deterministic() { #expect(ChartRenderer.svg(chart()) == ChartRenderer.svg(chart())) }

    @Test("stacks areas, the first one lowest and drawn last")
    func stacking() throws {
        let paths = try elements(ChartRenderer.svg(chart()))
            .filter { $0.attributes["class"] == "area" && $0.name == "path" }
        #expect(paths.map { $0.attributes["fill"] } == [Palette.color(1), Palette.color(0)])
        let frame = Frame(
            chart: chart(), panel: chart().panels[0], top: 0, height: 100, isFirst: true,
            isLast: true)
        #expect(frame.edges == [[1, 2, 3, 4], [5, 5, 5, 5], []])
        #expect(frame.ticks == [0, 2, 4, 6])
        #expect(frame.y(0) == 100 && frame.y(6) == 0 && frame.y(3) == 50)
    }

    @Test("leaves a gap where a value is missing")
    func gaps() throws {
        let line = ChartSeries("line", .line, [1, .nan, 3, 4], color: 0)
        let paths = try elements(ChartRenderer.svg(chart(series: [line])))
            .compactMap { $0.attributes["d"] }.filter { $0.hasPrefix("M76") }
        let path = try #require(paths.first)
        #expect(path.count { $0 == "M" } == 2)
        #expect(path.count { $0 == "L" } == 1)
    }

    @Test("shades each window in each panel, within the frame")
    func shading() throws {
        let windows = [
            ChartWindow("one", from: 5, until: 10), ChartWindow("two", from: 25, until: 99),
        ]
        let shades = try elements(ChartRenderer.svg(chart(windows: windows)))
            .filter { $0.attributes["class"] == "shade" }
        #expect(shades.count == 2)
        let right = try #require(
            shades.last.flatMap { shade in
                Double(shade.attributes["x"] ?? "").flatMap { x in
                    Double(shade.attributes["width"] ?? "").map { x + $0 }
                }
            })
        #expect(abs(right - (ChartRenderer.width - ChartRenderer.right)) < 0.11)
    }

    @Test("places rates by their logarithm")
    func logarithmic() {
        let log = chart(instants: [1, 10, 100, 10_000], scale: .logarithmic)
        let frame = Frame(
            chart: log, panel: log.panels[0], top: 0, height: 100, isFirst: true, isLast: true)
        let (low, high) = (frame.x(1), frame.x(10_000))
        #expect(abs(frame.x(100) - (low + high) / 2) < 1e-9)
    }

    @Test("survives series without values, equal instants and values that are not numbers")
    func degenerate() throws {
        for (instants, values) in [
            ([0.0, 0.0], [Double.nan, .infinity]), ([], []), ([1], [1]),
            ([0, 1], [-.infinity, -5]), ([0, 1], [1e300, 1e300]),
        ] {
            let svg = ChartRenderer.svg(
                chart(
                    instants: instants,
                    series: [
                        ChartSeries("area", .area, values, color: 0),
                        ChartSeries("line", .line, values, color: 1),
                    ]))
            _ = try elements(svg)
            #expect(!svg.contains("nan") && !svg.contains("inf\""))
        }
    }

    @Test("knows colours apart for people who see fewer, on light and dark pages")
    func palette() {
        #expect(Set(Palette.colors).count == Palette.colors.count)
        for (index, color) in Palette.colors.enumerated() {
            for page in ["#ffffff", "#0d1117"] {
                let contrast = Self.contrast(color, page)
                #expect(contrast >= 1.6, "\(color) on \(page): \(contrast)")
            }
            for other in Palette.colors.dropFirst(index + 1) {
                for (kind, matrix) in Self.deficiencies {
                    let distance = Self.distance(color, other, matrix)
                    #expect(distance > 0.06, "\(color) and \(other) for \(kind): \(distance)")
                }
            }
        }
        #expect(!Palette.isHatched(7) && Palette.isHatched(8))
    }

    // MARK: Colour vision

    /// Linear sRGB to what dichromats see: Viénot, Brettel and Mollon, "Digital video colourmaps for
    /// checking the legibility of displays by dichromats" (1999), as simulation matrices.
    private static let deficiencies: [(String, [[Double]])] = [
        ("protanopia", [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
        (
            "deuteranopia",
            [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]
        ),
    ]

    private static func linear(_ color: String) -> [Double] {
        let value = Int(color.dropFirst(), radix: 16) ?? 0
        return [16, 8, 0].map { shift in
            let part = Double((value >> shift) & 255) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
    }

    /// As WCAG 2 defines it.
    private static func contrast(_ first: String, _ second: String) -> Double {
        let light = [first, second].map { color in
            zip(linear(color), [0.2126, 0.7152, 0.0722]).reduce(0.05) { $0 + $1.0 * $1.1 }
        }
        return light.max()! / light.min()!
    }

    /// Of both colours as they are seen, after the gamma of a screen; white is √3 from black.
    private static func distance(
        _ first: String, _ second: String, _ matrix: [[Double]]
    ) -> Double {
        let seen = [first, second].map { color in
            matrix.map { row in
                pow(max(0, zip(row, linear(color)).reduce(0) { $0 + $1.0 * $1.1 }), 1 / 2.2)
            }
        }
        return zip(seen[0], seen[1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
}

@Suite("Marks of an axis")
struct TickTests {
    @Test(
        "are round and reach the top",
        arguments: [
            (6, [0, 2, 4, 6]), (100, [0, 50, 100]), (0.9, [0, 0.5, 1]), (7, [0, 2, 4, 6, 8]),
        ] as [(Double, [Double])])
    func linear(top: Double, expected: [Double]) { #expect(Ticks.linear(to: top) == expected) }

    @Test("of a range without extent are still marks")
    func degenerate() {
        for top in [0, -1, Double.nan, .infinity] { #expect(Ticks.linear(to: top) == [0, 1]) }
        #expect(Ticks.time(from: 5, to: 5) == [5])
        #expect(Ticks.decades(from: 0, to: 5).isEmpty)
    }

    @Test("of a time axis are round seconds, minutes, hours")
    func time() {
        #expect(Ticks.time(from: 0, to: 120) == [0, 15, 30, 45, 60, 75, 90, 105, 120])
        #expect(Ticks.time(from: 0, to: 480) == [0, 60, 120, 180, 240, 300, 360, 420, 480])
        #expect(Ticks.timeLabel(90, span: 480) == "1:30")
        #expect(Ticks.timeLabel(300, span: 480) == "5 min")
        #expect(Ticks.timeLabel(45, span: 120) == "45 s")
    }

    @Test("of decades have 2 and 5 between them while there is room")
    func decades() {
        #expect(Ticks.decades(from: 1, to: 100) == [1, 2, 5, 10, 20, 50, 100])
        let many = Ticks.decades(from: 1, to: 1e6)
        #expect(many.count == 7)
    }

    @Test(
        "say short numbers",
        arguments: [
            (0, "0"), (1.5, "1.5"), (200, "200"), (3_000, "3k"), (2_500_000, "2.5M"),
            (-40, "−40"), (0.125, "0.125"), (1e9, "1G"),
        ] as [(Double, String)])
    func labels(value: Double, text: String) { #expect(Ticks.label(value) == text) }
}
