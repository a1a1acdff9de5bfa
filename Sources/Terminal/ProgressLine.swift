/// One line of live progress, always of the same width so that it can be written over itself.
///
///     records  [██████████▌         ]  52.5%  10,500/20,000  21,000/s  ETA 452 ms
public struct ProgressLine: Equatable, Sendable {
    /// What the work looked like at one moment.
    public struct Snapshot: Equatable, Sendable {
        public let label: String
        public let completed: Int
        /// `nil` when the end is not known: no bar, no percentage, no time of arrival.
        public let total: Int?
        /// Since the work began, at least 0.
        public let elapsedSeconds: Double
        /// Recent rate; `nil`: the mean since the beginning.
        public let perSecond: Double?
        /// Shown last, as far as there is room.
        public let note: String

        public init(
            label: String, completed: Int, total: Int?, elapsedSeconds: Double,
            perSecond: Double? = nil, note: String = ""
        ) {
            self.label = label
            self.completed = completed
            self.total = total
            self.elapsedSeconds = elapsedSeconds
            self.perSecond = perSecond
            self.note = note
        }

        var rate: Double {
            perSecond ?? (elapsedSeconds > 0 ? Double(completed) / elapsedSeconds : 0)
        }

        /// Between 0 and 1; nothing to do is done.
        var share: Double? {
            total.map { $0 > 0 ? min(1, max(0, Double(completed) / Double($0))) : 1 }
        }
    }

    /// Columns of the whole line.
    public let width: Int
    /// Columns between the brackets.
    public let barWidth: Int

    public init(width: Int = 80, barWidth: Int = 20) {
        self.width = max(1, width)
        self.barWidth = max(1, barWidth)
    }

    /// Exactly `width` columns, no line break.
    public func rendered(_ snapshot: Snapshot, style: Style) -> String {
        var parts = [TextWidth.cleaned(snapshot.label, style: style)]
        if let share = snapshot.share {
            let bar = Bar.rendered(share: share, width: barWidth, style: style)
            parts.append("[\(TextWidth.padded(bar, to: barWidth, alignment: .leading))]")
            // Rounded down: 100% is said at the end and not before.
            let thousandths = (share * 1_000 + 1e-9).rounded(.down)
            let percentage = Format.percentage(thousandths / 1_000)
            parts.append(TextWidth.padded(percentage, to: 6, alignment: .trailing))
        }
        let done = Format.count(snapshot.completed)
        parts.append(snapshot.total.map { "\(done)/\(Format.count($0))" } ?? done)
        parts.append(Format.rate(snapshot.rate))
        if let arrival = arrival(snapshot, style) { parts.append(arrival) }
        if !snapshot.note.isEmpty { parts.append(TextWidth.cleaned(snapshot.note, style: style)) }
        let line = TextWidth.cut(parts.joined(separator: "  "), to: width, style: style)
        return TextWidth.padded(line, to: width, alignment: .leading)
    }

    private func arrival(_ snapshot: Snapshot, _ style: Style) -> String? {
        guard let total = snapshot.total else { return nil }
        let left = total - snapshot.completed
        guard left > 0 else {
            let taken = Format.duration(
                milliseconds: snapshot.elapsedSeconds * 1_000, style: style)
            return "in \(taken)"
        }
        guard snapshot.rate > 0 else { return "ETA \(Format.missing)" }
        let milliseconds = Double(left) / snapshot.rate * 1_000
        return "ETA \(Format.duration(milliseconds: milliseconds, style: style))"
    }
}
