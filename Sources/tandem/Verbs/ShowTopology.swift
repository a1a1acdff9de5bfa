import ArgumentParser
import Contracts
import Terminal

/// `tandem topology`: the edges of the pipeline, as the code has them.
struct ShowTopology: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "Print which stage reads and writes which topic.")

    @OptionGroup var outputOptions: OutputOptions

    private struct Row: Encodable {
        let stage: String
        let reads: [String]
        let writes: [String]
        let follows: [String]
        let decides: String
    }

    func run() throws {
        let rows = Topology.edges.map { edge in
            Row(
                stage: edge.stage.rawValue, reads: edge.reads.map(\.rawValue),
                writes: edge.writes.map(\.rawValue), follows: edge.follows.map(\.rawValue),
                decides: edge.decides)
        }
        if outputOptions.isJSON { return try JSONOutput.print(rows) }
        var table = TextTable(columns: [
            .init("stage"), .init("reads"), .init("writes"), .init("follows"),
            .init("decides", maximumWidth: 76),
        ])
        for row in rows {
            table.addRow([
                row.stage, row.reads.joined(separator: ", "), row.writes.joined(separator: ", "),
                row.follows.joined(separator: ", "), row.decides,
            ])
        }
        Console.print(table.rendered(style: Console.outputStyle))
    }
}
