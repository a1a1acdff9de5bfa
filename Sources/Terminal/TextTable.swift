/// A table of text in aligned columns.
///
///     var table = TextTable(columns: [.init("stage"), .init("records", .trailing)])
///     table.addRow(["ingestion", Format.count(20_000)])
///     print(table.rendered(style: style), terminator: "")
public struct TextTable: Equatable, Sendable {
    public enum Alignment: Equatable, Sendable { case leading, trailing }

    /// A column: its title and where its cells stand; numbers belong at the trailing edge.
    public struct Column: Equatable, Sendable {
        public let title: String
        public let alignment: Alignment
        /// Cells that take more columns are cut.
        public let maximumWidth: Int

        public init(_ title: String, _ alignment: Alignment = .leading, maximumWidth: Int = 80) {
            self.title = title
            self.alignment = alignment
            self.maximumWidth = max(1, maximumWidth)
        }
    }

    /// One cell; a plain string is a cell without a look.
    public struct Cell: Equatable, Sendable, ExpressibleByStringLiteral {
        public let text: String
        public let look: Style.Look?

        public init(_ text: String, look: Style.Look? = nil) {
            self.text = text
            self.look = look
        }

        public init(stringLiteral value: String) { self.init(value) }
    }

    public let columns: [Column]
    public private(set) var rows: [[Cell]] = []

    public init(columns: [Column]) { self.columns = columns }

    /// Cells beyond the columns are left out; missing ones are empty.
    public mutating func addRow(_ cells: [Cell]) {
        let missing = Array(repeating: Cell(""), count: max(0, columns.count - cells.count))
        rows.append(Array(cells.prefix(columns.count)) + missing)
    }

    public mutating func addRow(_ texts: [String]) { addRow(texts.map { Cell($0) }) }

    /// Title line, rule and rows, each ended by a line break; no spaces at the ends of lines.
    /// - Parameter indentation: spaces before each line.
    public func rendered(style: Style, indentation: Int = 0) -> String {
        let titles = columns.map { Cell($0.title, look: .bold) }
        let lines = ([titles] + rows).map { row in
            zip(row, columns).map { cell, column in
                let text = TextWidth.cleaned(cell.text, style: style)
                return Cell(
                    TextWidth.cut(text, to: column.maximumWidth, style: style), look: cell.look)
            }
        }
        let widths = columns.indices.map { index in
            lines.map { TextWidth.columns($0[index].text) }.max() ?? 0
        }
        let margin = String(repeating: " ", count: max(0, indentation))
        let rule = widths.map { String(repeating: style.choose("─", "-"), count: $0) }
            .joined(separator: "  ")
        var text = ""
        for (number, line) in lines.enumerated() {
            text += margin + joined(line, widths, style) + "\n"
            if number == 0 { text += margin + style.apply(.dim, rule) + "\n" }
        }
        return text
    }

    private func joined(_ line: [Cell], _ widths: [Int], _ style: Style) -> String {
        var text = ""
        var pending = ""
        for (index, cell) in line.enumerated() {
            let padded = TextWidth.padded(
                cell.text, to: widths[index], alignment: columns[index].alignment)
            // Spaces wait until something stands after them, so that no line ends in them.
            let leading = padded.prefix { $0 == " " }
            guard leading.count < padded.count else {
                pending += padded + "  "
                continue
            }
            let body = padded.dropFirst(leading.count)
            let trailing = body.reversed().prefix { $0 == " " }.count
            let shown = String(body.dropLast(trailing))
            text += pending + leading + (cell.look.map { style.apply($0, shown) } ?? shown)
            pending = String(repeating: " ", count: trailing + 2)
        }
        return text
    }
}
