/// Draws a chart as one SVG document that stands alone: no fonts, scripts or images from elsewhere.
///
/// Text and lines take the colour of the page's own scheme (light or dark) through
/// `prefers-color-scheme`; areas and lines have colours that read on both. Equal charts give equal
/// bytes.
public enum ChartRenderer {
    static let width = 960.0
    static let left = 76.0
    static let right = 214.0
    private static let head = 88.0
    private static let panelHeight = 148.0
    private static let gap = 42.0
    private static let foot = 56.0

    public static func svg(_ chart: Chart) -> String {
        let panels = Double(chart.panels.count)
        let height = head + panels * panelHeight + max(0, panels - 1) * gap + foot
        var out = SVGWriter()
        out.open(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("viewBox", "0 0 \(SVGWriter.number(width)) \(SVGWriter.number(height))"),
                ("width", SVGWriter.number(width)), ("height", SVGWriter.number(height)),
                ("role", "img"), ("aria-labelledby", "title description"),
            ])
        out.element("title", [("id", "title")], text: chart.title)
        out.element("desc", [("id", "description")], text: description(chart))
        style(into: &out)
        out.element("rect", [("class", "page"), ("width", "100%"), ("height", "100%")])
        text(chart.title, at: (left, 30), "title", into: &out)
        text(chart.subtitle, at: (left, 50), "dim", into: &out)
        for (index, panel) in chart.panels.enumerated() {
            let top = head + Double(index) * (panelHeight + gap)
            let frame = Frame(
                chart: chart, panel: panel, top: top, height: panelHeight,
                isFirst: index == 0, isLast: index == chart.panels.count - 1)
            PanelRenderer(frame).draw(into: &out)
        }
        out.close()
        return out.text
    }

    /// What a screen reader says.
    private static func description(_ chart: Chart) -> String {
        let panels = chart.panels.map { panel in
            "\(panel.title): \(panel.series.map(\.name).joined(separator: ", "))"
        }
        let windows = chart.windows.map(\.name)
        let shaded = windows.isEmpty ? "" : " Shaded: \(windows.joined(separator: ", "))."
        return "\(chart.subtitle). \(panels.joined(separator: "; ")).\(shaded)"
    }

    private static func style(into out: inout SVGWriter) {
        out.open("style")
        for rule in [
            "svg { --ink: #1b1f24; --dim: #57606a; --rule: #d0d7de; --page: #ffffff; "
                + "--shade: #8a94a0; }",
            "@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --dim: #9aa4af; "
                + "--rule: #363d47; --page: #0d1117; --shade: #9aa7b5; } }",
            "text { font: 12px system-ui, 'Helvetica Neue', Arial, sans-serif; fill: var(--ink); }",
            ".title { font-size: 17px; font-weight: 600; } .panel { font-weight: 600; }",
            ".dim { fill: var(--dim); } .page { fill: var(--page); }",
            ".window { paint-order: stroke; stroke: var(--page); stroke-width: 3px; }",
            ".grid { stroke: var(--rule); stroke-width: 1; } "
                + ".shade { fill: var(--shade); opacity: 0.16; }",
            ".line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }",
            ".dashed { stroke-dasharray: 6 5; } .area { stroke: none; }",
            ".hatch { fill: none; stroke: var(--page); stroke-width: 1; opacity: 0.5; }",
        ] { out.line(rule) }
        out.close()
        out.line(
            "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
                + "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V5\"/></pattern></defs>"
        )
    }

    static func text(
        _ text: String, at point: (Double, Double), _ look: String, anchor: String = "start",
        into out: inout SVGWriter
    ) {
        out.element(
            "text",
            [
                ("class", look), ("x", SVGWriter.number(point.0)), ("y", SVGWriter.number(point.1)),
                ("text-anchor", anchor),
            ], text: text)
    }
}

/// A panel's place on the page and its two scales.
struct Frame {
    let chart: Chart
    let panel: ChartPanel
    let top: Double
    let height: Double
    let isFirst: Bool
    let isLast: Bool
    let ticks: [Double]
    /// The stacked areas' upper edges, series by series; empty for those that are no areas.
    let edges: [[Double]]

    init(
        chart: Chart, panel: ChartPanel, top: Double, height: Double, isFirst: Bool, isLast: Bool
    ) {
        self.chart = chart
        self.panel = panel
        self.top = top
        self.height = height
        self.isFirst = isFirst
        self.isLast = isLast
        var sums = [Double](repeating: 0, count: chart.instants.count)
        var largest = 0.0
        edges = panel.series.map { series in
            guard series.look == .area else {
                largest = series.values.filter(\.isFinite).reduce(largest, max)
                return []
            }
            for index in sums.indices where index < series.values.count {
                let value = series.values[index]
                if value.isFinite { sums[index] += max(0, value) }
            }
            largest = sums.reduce(largest, max)
            return sums
        }
        ticks = Ticks.linear(to: panel.top ?? largest)
    }

    var bottom: Double { top + height }
    var right: Double { ChartRenderer.width - ChartRenderer.right }

    func y(_ value: Double) -> Double {
        let most = ticks.last ?? 1
        return bottom - min(max(value / most, 0), 1.02) * height
    }

    func x(_ instant: Double) -> Double {
        guard let first = chart.instants.first, let last = chart.instants.last, last > first else {
            return ChartRenderer.left
        }
        let share =
            chart.scale == .logarithmic
            ? Decades.between(first, last, instant) : (instant - first) / (last - first)
        return ChartRenderer.left + min(max(share, 0), 1) * (right - ChartRenderer.left)
    }
}
