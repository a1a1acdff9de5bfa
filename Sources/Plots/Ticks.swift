/// Where an axis has its marks, and what they say.
enum Ticks {
    /// Beyond it, numbers are no longer worth marks.
    private static let largest = 1e15

    /// Round steps (1, 2, 5 times a power of ten) from 0 up to at least `top`; 3 to 7 marks.
    static func linear(to top: Double) -> [Double] {
        guard top > 0, top < largest else { return [0, 1] }
        let step = roundStep(top / 4)
        let count = Int((top / step - 1e-9).rounded(.up))
        return (0...max(1, count)).map { Double($0) * step }
    }

    /// Marks of a time axis in seconds: steps of round seconds, minutes or hours within both ends.
    static func time(from low: Double, to high: Double) -> [Double] {
        let steps: [Double] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600,
            43_200, 86_400,
        ]
        let span = high - low
        guard span > 0, span.isFinite else { return [low] }
        let step =
            span < 4
            ? roundStep(span / 5) : steps.first { span / $0 <= 9 } ?? roundStep(span / 8)
        let first = (low / step - 1e-9).rounded(.up)
        let last = (high / step + 1e-9).rounded(.down)
        guard first <= last, last - first < 100 else { return [low] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// Powers of ten within both ends, with 2 and 5 between them where there are few.
    static func decades(from low: Double, to high: Double) -> [Double] {
        guard low > 0, high > low, high.isFinite else { return [] }
        var all: [Double] = []
        var decade = 1e-9
        while decade <= high * 1.0001 {
            for factor in [1.0, 2, 5] where decade * factor >= low * 0.9999 {
                if decade * factor <= high * 1.0001 { all.append(decade * factor) }
            }
            decade *= 10
        }
        guard all.count > 8 else { return all }
        return all.filter { isPower($0) }
    }

    private static func isPower(_ value: Double) -> Bool {
        var rest = value
        while rest >= 9.5 { rest /= 10 }
        while rest < 0.95 { rest *= 10 }
        return rest < 1.5
    }

    static func roundStep(_ rough: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 1 }
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        let lead = rough / power
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10)
    }

    /// `1.5`, `200`, `3k`, `2M`: four characters or so.
    static func label(_ value: Double) -> String {
        guard abs(value) < largest else { return value.isFinite ? "\(value)" : "" }
        for (size, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where abs(value) >= size * 0.9995
        {
            return short(value / size) + letter
        }
        return short(value)
    }

    /// Up to three decimals, none that say nothing.
    private static func short(_ value: Double) -> String {
        let thousandths = Int((abs(value) * 1_000).rounded())
        var fraction = String(thousandths % 1_000)
        fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let sign = value < 0 && thousandths > 0 ? "−" : ""
        return sign + "\(thousandths / 1_000)" + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// `40 s`, `2:30 min`, `3 h`.
    static func timeLabel(_ seconds: Double, span: Double) -> String {
        if span < 240 { return label(seconds) + " s" }
        let whole = Int(seconds.rounded())
        if span < 4 * 3_600 {
            let rest = whole % 60
            return rest == 0 ? "\(whole / 60) min" : "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
        }
        return label(seconds / 3_600) + " h"
    }
}
