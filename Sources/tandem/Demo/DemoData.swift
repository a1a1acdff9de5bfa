import Contracts
import Foundation
import Models
import Stages

/// Where the demo's data are: any CSV of numeric features with a 0/1 label works.
enum DemoData {
    private static let folder = "fixtures/breast-cancer"

    /// The fixture shipped with the sources, found from the working directory, from the executable,
    /// or in `TANDEM_HOME`.
    static func fixture(_ file: String) throws -> String {
        do {
            return try SourceFiles.find("\(folder)/\(file)")
        } catch {
            throw CommandFailure(
                "cannot find \(folder)/\(file): run from the source folder, set TANDEM_HOME to it, or "
                    + "name your own data with --train, --test and --label")
        }
    }

    /// The last column of a file, where a label usually stands.
    static func lastColumn(of path: String) throws -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let header = text.split(whereSeparator: \.isNewline).first,
            let name = header.split(separator: ",").last
        else { throw CommandFailure("cannot read a CSV header from '\(path)'") }
        return name.trimmingCharacters(in: CharacterSet(charactersIn: "\" \t"))
    }
}

extension ModelBundle {
    /// What the classical control on the quantum head's own components says of each row.
    ///
    /// - Parameter table: has the model's features in the model's order.
    func surrogateScores(_ table: CSVTable) -> [Double] {
        let reduction = reduction()
        let width = table.featureNames.count
        var standardised: [Double] = []
        var components: [Double] = []
        return (0..<table.rowCount).map { row in
            let features = Array(table.features[row * width..<(row + 1) * width])
            reduction.reduce(
                features.span, standardised: &standardised, components: &components)
            return controls.surrogate.score(components.span)
        }
    }
}

/// Records of a table as JSON: the part that recurs is rendered once per row.
struct RecordTemplates {
    /// `,"features":{…}}` of each row.
    let tails: [OwnedBytes]
    let labels: [Int]

    init(_ table: CSVTable) {
        let names = table.featureNames.map { name in
            var writer = ByteWriter(capacity: 256)
            writer.appendQuoted(name)
            return writer.contents
        }
        tails = (0..<table.rowCount).map { row in
            var writer = ByteWriter(capacity: 2_048)
            writer.append(",\"features\":{")
            for (column, name) in names.enumerated() {
                if column > 0 { writer.append(UInt8(ascii: ",")) }
                writer.append(bytes: name)
                writer.append(UInt8(ascii: ":"))
                writer.append(number: table.features[row * names.count + column])
            }
            writer.append("}}")
            return OwnedBytes(writer.contents)
        }
        labels = table.labels
    }

    /// Appends the record of a row, its label before it where one is wanted.
    func append(_ row: Int, id: ByteSlice, withLabel: Bool, to batch: inout OutboundBatch) {
        if withLabel {
            var label = LabelMessage()
            label.id = id
            label.label = labels[row]
            batch.emit(to: .labels, key: id, label)
        }
        batch.emit(to: .records, key: id) { out in
            out.append("{\"id\":")
            out.appendQuoted(id)
            out.append(tails[row].slice)
        }
    }
}
