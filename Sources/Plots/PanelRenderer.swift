import Glibc

/// Where a value lies between two others by its logarithm.
enum Decades {
    /// 0 at `low`, 1 at `high`; all positive.
    static func between(_ low: Double, _ high: Double, _ value: Double) -> Double {
        guard low > 0, high > low, value > 0 else { return 0 }
        return log(value / low) / log(high / low)
    }
}

/// Draws one panel: shaded windows, grid, areas, lines, axes, legend.
struct PanelRenderer {
    private let frame: Frame

    init(_ frame: Frame) { self.frame = frame }

    func draw(into out: inout SVGWriter) {
        out.open("g")
        windows(into: &out)
        grid(into: &out)
        for index in frame.panel.series.indices.reversed() { area(index, into: &out) }
        for series in frame.panel.series where series.look != .area { line(series, into: &out) }
        windowNames(into: &out)
        axis(into: &out)
        legend(into: &out)
        out.close()
    }

    private func windows(into out: inout SVGWriter) {
        for window in frame.chart.windows {
            let (from, until) = (frame.x(window.from), frame.x(window.until))
            out.element(
                "rect",
                [
                    ("class", "shade"), ("x", SVGWriter.number(from)),
                    ("y", SVGWriter.number(frame.top)), ("width", SVGWriter.number(until - from)),
                    ("height", SVGWriter.number(frame.height)),
                ])
        }
    }

    /// Named once, in the first panel, where there is room beside the one before.
    private func windowNames(into out: inout SVGWriter) {
        guard frame.isFirst else { return }
        var free = 0.0
        for window in frame.chart.windows {
            let from = frame.x(window.from)
            guard from >= free else { continue }
            ChartRenderer.text(
                window.name, at: (from + 5, frame.top + 14), "window", into: &out)
            free = from + 8 * Double(window.name.count)
        }
    }

    private func grid(into out: inout SVGWriter) {
        let panel = frame.panel
        let title = panel.unit.isEmpty ? panel.title : "\(panel.title), \(panel.unit)"
        ChartRenderer.text(
            title, at: (ChartRenderer.left, frame.top - 9), "panel", into: &out)
        for tick in frame.ticks {
            let y = frame.y(tick)
            out.element(
                "line",
                [
                    ("class", "grid"), ("x1", SVGWriter.number(ChartRenderer.left)),
                    ("x2", SVGWriter.number(frame.right)), ("y1", SVGWriter.number(y)),
                    ("y2", SVGWriter.number(y)),
                ])
            ChartRenderer.text(
                Ticks.label(tick), at: (ChartRenderer.left - 8, y + 4), "dim", anchor: "end",
                into: &out)
        }
    }

    private func area(_ index: Int, into out: inout SVGWriter) {
        let series = frame.panel.series[index]
        guard series.look == .area, series.values.contains(where: { $0 > 0 }) else { return }
        // From its own edge down to the axis: the areas before it are drawn over it.
        let points = zip(frame.chart.instants, frame.edges[index]).map { instant, value in
            "\(SVGWriter.number(frame.x(instant))) \(SVGWriter.number(frame.y(value)))"
        }
        let (first, last) = (ChartRenderer.left, frame.right)
        let base = SVGWriter.number(frame.bottom)
        let path =
            "M\(SVGWriter.number(first)) \(base)L" + points.joined(separator: "L")
            + "L\(SVGWriter.number(last)) \(base)Z"
        for fill in fills(series) {
            out.element("path", [("class", "area"), ("fill", fill), ("d", path)])
        }
    }

    private func fills(_ series: ChartSeries) -> [String] {
        let color = Palette.color(series.color)
        return Palette.isHatched(series.color) ? [color, "url(#hatch)"] : [color]
    }

    /// A gap where a value is missing.
    private func line(_ series: ChartSeries, into out: inout SVGWriter) {
        var path = ""
        var isDrawing = false
        for (instant, value) in zip(frame.chart.instants, series.values) {
            guard value.isFinite else {
                isDrawing = false
                continue
            }
            path += isDrawing ? "L" : "M"
            path += "\(SVGWriter.number(frame.x(instant))) \(SVGWriter.number(frame.y(value)))"
            isDrawing = true
        }
        guard !path.isEmpty else { return }
        let look = series.look == .dashed ? "line dashed" : "line"
        out.element(
            "path", [("class", look), ("stroke", Palette.color(series.color)), ("d", path)])
    }

    private func axis(into out: inout SVGWriter) {
        guard frame.isLast, let low = frame.chart.instants.first,
            let high = frame.chart.instants.last
        else { return }
        let isTime = frame.chart.scale == .time
        let ticks =
            isTime ? Ticks.time(from: low, to: high) : Ticks.decades(from: low, to: high)
        for tick in ticks {
            let x = frame.x(tick)
            out.element(
                "line",
                [
                    ("class", "grid"), ("x1", SVGWriter.number(x)), ("x2", SVGWriter.number(x)),
                    ("y1", SVGWriter.number(frame.bottom)),
                    ("y2", SVGWriter.number(frame.bottom + 5)),
                ])
            let label = isTime ? Ticks.timeLabel(tick, span: high - low) : Ticks.label(tick)
            ChartRenderer.text(
                label, at: (x, frame.bottom + 20), "dim", anchor: "middle", into: &out)
        }
        let middle = (ChartRenderer.left + frame.right) / 2
        ChartRenderer.text(
            frame.chart.axis, at: (middle, frame.bottom + 40), "dim", anchor: "middle", into: &out)
    }

    /// The names, top down as the areas lie, each with its colour.
    private func legend(into out: inout SVGWriter) {
        var y = frame.top + 12
        let x = frame.right + 16
        for series in frame.panel.series.reversed() {
            if series.look == .area {
                for fill in fills(series) {
                    out.element(
                        "rect",
                        [
                            ("class", "area"), ("fill", fill), ("x", SVGWriter.number(x)),
                            ("y", SVGWriter.number(y - 9)), ("width", "12"), ("height", "10"),
                            ("rx", "2"),
                        ])
                }
            } else {
                out.element(
                    "path",
                    [
                        ("class", series.look == .dashed ? "line dashed" : "line"),
                        ("stroke", Palette.color(series.color)),
                        ("d", "M\(SVGWriter.number(x)) \(SVGWriter.number(y - 4))h14"),
                    ])
            }
            ChartRenderer.text(series.name, at: (x + 20, y), "dim", into: &out)
            y += 17
        }
    }
}
