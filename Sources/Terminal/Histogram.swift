/// Counts of values in neighbouring ranges, and their plot as one bar per range.
public struct Histogram: Equatable, Sendable {
    public enum Scale: Equatable, Sendable {
        /// Ranges of equal width: scores.
        case linear
        /// Ranges of equal ratio: latencies. Needs a lower bound above 0.
        case logarithmic
    }

    /// `count + 1` bounds in rising order; range i is from bound i up to bound i + 1, without it.
    public let bounds: [Double]
    public private(set) var counts: [Int]
    /// Values outside the bounds or not finite; the last bound itself counts in the last range.
    public private(set) var outside = 0

    /// Empty ranges from `low` to `high`.
    ///
    /// `nil` when the bounds do not rise, are not finite, or a logarithmic scale would begin at 0.
    public init?(from low: Double, to high: Double, bins: Int, scale: Scale = .linear) {
        guard low.isFinite, high.isFinite, low < high, (1...1_000).contains(bins),
            scale == .linear || low > 0
        else { return nil }
        let step = 1 / Double(bins)
        bounds = (0...bins).map { index in
            if index == bins { return high }
            let share = Double(index) * step
            return scale == .linear
                ? low + (high - low) * share : low * Self.power(high / low, share)
        }
        counts = Array(repeating: 0, count: bins)
    }

    /// Counts one value.
    public mutating func add(_ value: Double, count: Int = 1) {
        guard let first = bounds.first, let last = bounds.last, value >= first, value <= last else {
            outside += count
            return
        }
        let above = bounds.firstIndex { $0 > value } ?? bounds.count - 1
        counts[above - 1] += count
    }

    /// One line per range, `label  bar  count`, each ended by a line break.
    /// - Parameters:
    ///   - barWidth: columns of the longest bar.
    ///   - label: a bound in words, such as `Format.duration`.
    public func rendered(
        style: Style, barWidth: Int = 40, label: (Double) -> String
    ) -> String {
        let dash = style.choose("–", "-")
        let names = zip(bounds, bounds.dropFirst()).map { "\(label($0)) \(dash) \(label($1))" }
        let nameWidth = names.map(TextWidth.columns).max() ?? 0
        let numbers = counts.map(Format.count)
        let numberWidth = numbers.map(\.count).max() ?? 0
        let largest = Double(max(counts.max() ?? 0, 1))
        var text = ""
        for index in counts.indices {
            let share = Double(counts[index]) / largest
            let bar = Bar.rendered(share: share, width: barWidth, style: style)
            text += TextWidth.padded(names[index], to: nameWidth, alignment: .trailing) + "  "
            text += TextWidth.padded(numbers[index], to: numberWidth, alignment: .trailing)
            text += (bar.isEmpty ? "" : "  " + style.apply(.cyan, bar)) + "\n"
        }
        return text
    }

    /// `base` to `exponent` for base > 0 and exponent 0…1: square roots along the exponent's bits,
    /// so that no library's rounding decides a bound.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        var root = base
        var rest = exponent
        for _ in 0..<60 where rest > 0 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}

/// A row of small columns: how a value went over time.
public enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")
    private static let letters = Array("_.-=+*%#")

    /// One character per value, from the smallest to the largest; a space where there is none (not
    /// finite). Equal values stand at the lowest step.
    public static func rendered(_ values: [Double], style: Style) -> String {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else {
            return String(repeating: " ", count: values.count)
        }
        let steps = style.usesUnicode ? blocks : letters
        return String(
            values.map { value in
                guard value.isFinite else { return " " }
                guard high > low else { return steps[0] }
                // Halves before the difference: the span of two finite numbers may be infinite.
                let share = (value / 2 - low / 2) / (high / 2 - low / 2)
                return steps[min(steps.count - 1, Int(share * Double(steps.count)))]
            })
    }
}
