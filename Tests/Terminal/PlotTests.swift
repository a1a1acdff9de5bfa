import Terminal
import Testing

@Suite("The progress line")
struct ProgressLineTests {
    private let line = ProgressLine(width: 80, barWidth: 20)

    @Test("shows bar, share, counts, rate and time of arrival in a fixed width")
    func half() {
        let snapshot = ProgressLine.Snapshot(
            label: "records", completed: 10_500, total: 20_000, elapsedSeconds: 0.5)
        #expect(
            line.rendered(snapshot, style: .plain)
                == "records  [██████████▌         ]   52.5%  10,500/20,000  21,000/s  ETA 452 ms"
                + spaces(4))
        #expect(
            line.rendered(snapshot, style: .ascii)
                == "records  [###########         ]   52.5%  10,500/20,000  21,000/s  ETA 452 ms"
                + spaces(4))
    }

    @Test("begins without a rate and ends with the time taken")
    func ends() {
        let start = ProgressLine.Snapshot(label: "a", completed: 0, total: 5, elapsedSeconds: 0)
        #expect(
            line.rendered(start, style: .plain)
                == "a  [                    ]    0.0%  0/5  0.0/s  ETA -" + spaces(28))
        let end = ProgressLine.Snapshot(label: "a", completed: 5, total: 5, elapsedSeconds: 2)
        #expect(
            line.rendered(end, style: .plain)
                == "a  [████████████████████]  100.0%  5/5  2.5/s  in 2.00 s" + spaces(24))
    }

    @Test("never says 100% before the end")
    func almost() {
        let snapshot = ProgressLine.Snapshot(
            label: "a", completed: 99_999, total: 100_000, elapsedSeconds: 1)
        #expect(line.rendered(snapshot, style: .plain).contains(" 99.9%"))
    }

    @Test("counts on where the end is not known, and cuts a note that does not fit")
    func openEnded() {
        let snapshot = ProgressLine.Snapshot(
            label: "scores", completed: 7, total: nil, elapsedSeconds: 1, perSecond: 3,
            note: "queue 12")
        let whole = ProgressLine(width: 30).rendered(snapshot, style: .plain)
        #expect(whole == "scores  7  3.0/s  queue 12" + spaces(4))
        let cut = ProgressLine(width: 22).rendered(snapshot, style: .plain)
        #expect(cut == "scores  7  3.0/s  que…")
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}

@Suite("Plots")
struct PlotTests {
    @Test("A histogram has one bar per range")
    func linear() throws {
        var histogram = try #require(Histogram(from: 0, to: 1, bins: 4))
        for value in [0, 0.1, 0.25, 0.3, 0.3, 0.9, 1, -0.1, 1.1, .nan] { histogram.add(value) }
        histogram.add(0.7, count: 1_000)
        #expect(histogram.counts == [2, 3, 1_000, 2])
        #expect(histogram.outside == 3)
        let label = { (bound: Double) in Format.number(bound, decimals: 2) }
        #expect(
            histogram.rendered(style: .plain, barWidth: 10, label: label) == """
                0.00 – 0.25      2  ▏
                0.25 – 0.50      3  ▏
                0.50 – 0.75  1,000  ██████████
                0.75 – 1.00      2  ▏

                """)
        #expect(
            histogram.rendered(style: .ascii, barWidth: 10, label: label) == """
                0.00 - 0.25      2
                0.25 - 0.50      3
                0.50 - 0.75  1,000  ##########
                0.75 - 1.00      2

                """)
    }

    @Test("A logarithmic histogram suits latencies")
    func logarithmic() throws {
        var histogram = try #require(Histogram(from: 0.1, to: 1_000, bins: 4, scale: .logarithmic))
        for value in [0.5, 2, 3, 20, 1_000] { histogram.add(value) }
        let label = { (bound: Double) in Format.duration(milliseconds: bound) }
        #expect(
            histogram.rendered(style: .plain, barWidth: 4, label: label) == """
                 100 µs – 1.00 ms  1  ██
                1.00 ms – 10.0 ms  2  ████
                 10.0 ms – 100 ms  1  ██
                  100 ms – 1.00 s  1  ██

                """)
    }

    @Test("A histogram without a range does not exist")
    func noRange() {
        #expect(Histogram(from: 1, to: 1, bins: 3) == nil)
        #expect(Histogram(from: 0, to: 1, bins: 3, scale: .logarithmic) == nil)
        #expect(Histogram(from: 0, to: .infinity, bins: 3) == nil)
        #expect(Histogram(from: 0, to: 1, bins: 0) == nil)
    }

    @Test("A sparkline shows how a value went")
    func sparkline() {
        #expect(Sparkline.rendered([0, 1, 2, 3, 4, 5, 6, 7], style: .plain) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.rendered([0, 1, 2, 3, 4, 5, 6, 7], style: .ascii) == "_.-=+*%#")
        #expect(Sparkline.rendered([5, 5], style: .plain) == "▁▁")
        #expect(Sparkline.rendered([0, .nan, 10], style: .plain) == "▁ █")
        let widest = [-Double.greatestFiniteMagnitude, .greatestFiniteMagnitude]
        #expect(Sparkline.rendered(widest, style: .ascii) == "_#")
        #expect(Sparkline.rendered([], style: .plain) == "")
    }
}
