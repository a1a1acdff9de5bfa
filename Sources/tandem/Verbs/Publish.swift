import ArgumentParser
import Configuration
import Contracts
import Foundation
import KafkaTransport
import Models
import Stages
import Terminal

/// `tandem publish`: records from a file onto the input topic.
struct Publish: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish records from a CSV (numeric features) or NDJSON (whole records) file.",
        discussion: """
            CSV: every column but --label and --exclude is a feature; ids are PREFIX and the row number. \
            NDJSON: each line is one record as the contract says, sent as it is, keyed by its id.
            """)

    @Argument(help: "FILE.csv or FILE.ndjson.")
    var file: String

    @OptionGroup var configurationOptions: ConfigurationOptions

    @Option(help: "A CSV's label column: left out of the features and sent to the labels topic.")
    var label: String?

    @Option(help: ArgumentHelp("CSV columns to leave out; repeatable.", valueName: "column"))
    var exclude: [String] = []

    @Option(help: "What a CSV's ids begin with.")
    var prefix: String?

    @Option(help: "Records a second.")
    var rate: Double?

    func validate() throws {
        guard file.hasSuffix(".csv") || file.hasSuffix(".ndjson") || file.hasSuffix(".jsonl") else {
            throw ValidationError("'\(file)' must end in .csv, .ndjson or .jsonl")
        }
        if let rate, !(rate > 0 && rate <= 1e7) {
            throw ValidationError("--rate is \(rate); it must be above 0, at most 1e7")
        }
    }

    func run() throws {
        let configuration = try configurationOptions.load().configuration
        let session = try Topics.session(configuration)
        StopSignal.shared.install()
        let source: any RecordSource =
            file.hasSuffix(".csv")
            ? try CSVRecords(
                try CSVTable.read(path: file, labelColumn: label, excluding: exclude),
                prefix: prefix
                    ?? "\(URL(filePath: file).deletingPathExtension().lastPathComponent)-")
            : try LineRecords(path: file)
        if file.hasSuffix(".csv"), label == nil, exclude.isEmpty {
            Console.note(
                "every column is sent as a feature; --label and --exclude leave columns out")
        }
        let writer = try KafkaWriter(
            session.address, clientID: "tandem-publish", log: ClusterSession.log)
        try writer.requireBroker(session.address.brokers)
        // A real cluster keeps what it is sent; the embedded one only the last of it.
        let window =
            session.address.isEmbedded
            ? try EmbeddedWindow(session.address, largestRecord: source.largestBytes) : nil
        let sent = try stream(source, writer, window)
        try writer.flush(timeout: 30_000)
        Console.endProgress()
        Console.print(
            "published \(Format.count(sent)) records to \(configuration.topicPrefix)records")
    }

    private func stream(
        _ source: any RecordSource, _ writer: KafkaWriter, _ embedded: EmbeddedWindow?
    ) throws -> Int {
        var embedded = embedded
        let begin = Date()
        var batch = OutboundBatch()
        var next = 0
        while next < source.count, !StopSignal.shared.isRequested {
            let elapsed = Date().timeIntervalSince(begin)
            let due = rate.map { Int(elapsed * $0) + 1 } ?? source.count
            // Acknowledged before more is sent: a slow cluster holds the file back, not the memory.
            var room = min(due - next, source.count - next, 500, Self.window - writer.pending)
            if let window = embedded { room = min(room, window.room) }
            guard room > 0 else {
                try writer.serve(timeout: 5)
                if embedded?.room ?? 1 <= 0 {
                    try embedded?.refresh(pending: writer.pending, sent: next)
                }
                continue
            }
            batch.removeAll()
            for index in next..<next + room { source.append(index, to: &batch) }
            try writer.send(batch)
            try writer.serve()
            next += room
            embedded?.sent(room)
            Console.progress(
                ProgressLine(width: 100).rendered(
                    .init(
                        label: "published", completed: next, total: source.count,
                        elapsedSeconds: elapsed), style: Console.errorStyle))
        }
        return next
    }

    /// Messages on their way: some 10 MB of records.
    private static let window = 10_000
}

/// Records to publish, by number.
protocol RecordSource {
    var count: Int { get }
    /// Bytes of the largest record.
    var largestBytes: Int { get }
    func append(_ index: Int, to batch: inout OutboundBatch)
}

private struct CSVRecords: RecordSource {
    let templates: RecordTemplates
    let prefix: String
    let hasLabels: Bool

    init(_ table: CSVTable, prefix: String) throws {
        templates = RecordTemplates(table)
        hasLabels = !table.labels.isEmpty
        self.prefix = prefix
    }

    var count: Int { templates.tails.count }
    var largestBytes: Int { templates.tails.map(\.slice.count).max() ?? 0 }

    func append(_ index: Int, to batch: inout OutboundBatch) {
        let id = OwnedBytes("\(prefix)\(index + 1)")
        withExtendedLifetime(id) {
            templates.append(index, id: id.slice, withLabel: hasLabels, to: &batch)
        }
    }
}

private struct LineRecords: RecordSource {
    private let lines: [OwnedBytes]
    private let keys: [OwnedBytes?]

    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("cannot read '\(path)'")
        }
        lines = data.split(separator: UInt8(ascii: "\n")).map { OwnedBytes([UInt8]($0)) }
        guard !lines.isEmpty else { throw CommandFailure("'\(path)' holds no records") }
        // A line that is no record is published without a key and ends on rejects with its reason.
        keys = lines.map { line in
            let id = try? JSONParser.withDocument(line.slice.bytes) { $0["id"]?.string?.bytes }
            guard let bytes = id ?? nil else { return nil }
            return OwnedBytes(bytes)
        }
    }

    var count: Int { lines.count }
    var largestBytes: Int { lines.map(\.slice.count).max() ?? 0 }

    func append(_ index: Int, to batch: inout OutboundBatch) {
        batch.emit(
            to: .records, key: keys[index]?.slice, value: lines[index].slice, headers: [],
            timestamp: nil)
    }
}
