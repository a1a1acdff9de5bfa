/// A table of numeric features, with or without a 0/1 label, from CSV with a header.
public struct CSVTable: Sendable, Equatable {
    /// The file's name, for messages.
    public let source: String
    /// d distinct names, in the order of the columns.
    public let featureNames: [String]
    /// n × d finite values, row-major.
    public let features: [Double]
    /// n labels, 0 or 1; empty when no label column was asked for.
    public let labels: [Int]

    public var rowCount: Int { features.count / featureNames.count }

    public static let maximumColumns = 4_096

    /// A table of known values.
    ///
    /// - Precondition: the counts fit each other.
    public init(source: String, featureNames: [String], features: [Double], labels: [Int]) {
        precondition(!featureNames.isEmpty && features.count.isMultiple(of: featureNames.count))
        precondition(labels.isEmpty || labels.count * featureNames.count == features.count)
        self.source = source
        self.featureNames = featureNames
        self.features = features
        self.labels = labels
    }

    /// Parses a table.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, with a header line; spaces around a number are allowed.
    ///   - source: the file's name, for messages.
    ///   - labelColumn: the column with labels; nil for a table without.
    ///   - excluding: columns to leave out, such as an id.
    /// - Throws: `CSVError` with the line and column.
    public init(
        parsing bytes: [UInt8], source: String, labelColumn: String?, excluding: [String] = []
    ) throws(CSVError) {
        var parser = CSVParser(bytes: bytes, source: source)
        guard let header = try parser.next() else {
            throw CSVError(source: source, line: nil, column: nil, problem: .empty)
        }
        let layout = try CSVLayout(
            header: header, source: source, labelColumn: labelColumn, excluding: excluding)
        var features: [Double] = []
        var labels: [Int] = []
        while let record = try parser.next() {
            try layout.append(record, features: &features, labels: &labels)
        }
        guard !features.isEmpty else {
            throw CSVError(source: source, line: nil, column: nil, problem: .noRows)
        }
        self.init(
            source: source, featureNames: layout.featureNames, features: features, labels: labels)
    }
}

/// Which column is what.
private struct CSVLayout {
    let source: String
    let names: [String]
    let label: Int?
    let featureColumns: [Int]

    var featureNames: [String] { featureColumns.map { names[$0] } }

    init(
        header: CSVParser.Record, source: String, labelColumn: String?, excluding: [String]
    ) throws(CSVError) {
        self.source = source
        names = header.fields
        try Self.checkNames(header, source: source)
        var left = Set(names.indices)
        for name in excluding {
            left.remove(try Self.find(name, in: header, source: source))
        }
        if let labelColumn {
            let index = try Self.find(labelColumn, in: header, source: source)
            left.remove(index)
            label = index
        } else {
            label = nil
        }
        featureColumns = left.sorted()
        guard !featureColumns.isEmpty else {
            throw CSVError(source: source, line: header.line, column: nil, problem: .noFeatures)
        }
    }

    func append(
        _ record: CSVParser.Record, features: inout [Double], labels: inout [Int]
    ) throws(CSVError) {
        guard record.fields.count == names.count else {
            throw CSVError(
                source: source, line: record.line, column: nil,
                problem: .ragged(fields: record.fields.count, expected: names.count))
        }
        for column in featureColumns {
            features.append(try number(record, column))
        }
        if let label { labels.append(try labelValue(record, label)) }
    }

    private func number(_ record: CSVParser.Record, _ column: Int) throws(CSVError) -> Double {
        let text = trimmed(record.fields[column])
        guard !text.isEmpty else { throw error(.missingValue, record, column) }
        guard let value = Double(text) else {
            throw error(.notANumber(text: String(text)), record, column)
        }
        guard value.isFinite else { throw error(.notFinite(text: String(text)), record, column) }
        // Swift also reads hexadecimal; in a table of numbers that is text.
        guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else {
            throw error(.notANumber(text: String(text)), record, column)
        }
        return value
    }

    private func labelValue(_ record: CSVParser.Record, _ column: Int) throws(CSVError) -> Int {
        let text = trimmed(record.fields[column])
        guard !text.isEmpty else { throw error(.missingValue, record, column) }
        switch Double(text) {
        case 0: return 0
        case 1: return 1
        default: throw error(.badLabel(text: String(text)), record, column)
        }
    }

    private func trimmed(_ text: String) -> Substring {
        guard text.first == " " || text.last == " " || text.first == "\t" || text.last == "\t"
        else { return text[...] }
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let front = text.drop(while: isSpace)
        guard let last = front.lastIndex(where: { !isSpace($0) }) else { return "" }
        return front[...last]
    }

    private func error(
        _ problem: CSVError.Problem, _ record: CSVParser.Record, _ column: Int
    ) -> CSVError {
        CSVError(source: source, line: record.line, column: names[column], problem: problem)
    }

    private static func checkNames(
        _ header: CSVParser.Record, source: String
    ) throws(CSVError) {
        let (line, names) = (header.line, header.fields)
        guard names.count <= CSVTable.maximumColumns else {
            throw CSVError(
                source: source, line: line, column: nil,
                problem: .tooManyColumns(count: names.count, limit: CSVTable.maximumColumns))
        }
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            guard !name.isEmpty else {
                throw CSVError(
                    source: source, line: line, column: "\(index + 1)", problem: .emptyName)
            }
            guard seen.insert(name).inserted else {
                throw CSVError(source: source, line: line, column: name, problem: .repeatedName)
            }
        }
    }

    private static func find(
        _ name: String, in header: CSVParser.Record, source: String
    ) throws(CSVError) -> Int {
        if let index = header.fields.firstIndex(of: name) { return index }
        throw CSVError(
            source: source, line: header.line, column: name,
            problem: .missingColumn(suggestion: NearestName.of(name, among: header.fields)))
    }
}
