import Contracts
import Determinism
import KafkaTransport
import Stages
import Terminal

/// Reads topics from a start to where they ended when it began, with a progress line.
struct TopicScan {
    let label: String
    private let address: ClusterAddress
    private let time = SystemTimeSource()

    init(_ address: ClusterAddress, label: String) {
        self.address = address
        self.label = label
    }

    /// - Parameter body: gets each message once, in the order of its partition.
    /// - Returns: messages read, by topic.
    /// - Throws: `CommandFailure` when it is stopped in between: half a scan is no answer.
    func read(
        _ topics: [Topic], from start: KafkaReader.Start,
        _ body: (borrowing InboundBatch, Int) -> Void
    ) throws -> [Topic: Int] {
        let reader = try KafkaReader(
            address, topics: topics, from: start, clientID: "tandem-scan", log: ClusterSession.log)
        let extents = try reader.measuredExtents()
        var counts: [Topic: Int] = [:]
        var progress = Progress(label: label, extents: extents, begin: time.now())
        defer { Console.endProgress() }
        var batch = InboundBatch()
        while !reader.isCaughtUp, !progress.isOver {
            guard !StopSignal.shared.isRequested else {
                throw CommandFailure("stopped before everything was read")
            }
            batch.removeAll()
            try reader.poll(into: &batch, timeout: 100)
            for index in 0..<batch.count {
                let position = batch.messages[index].position
                guard progress.take(position) else { continue }
                counts[position.topic, default: 0] += 1
                body(batch, index)
            }
            progress.show(now: time.now())
        }
        return counts
    }

    /// How far each partition is.
    private struct Progress {
        private struct Place: Hashable {
            let topic: Topic
            let partition: Int32
        }

        let label: String
        let begin: Timestamp
        private var ends: [Place: Int64] = [:]
        private var next: [Place: Int64] = [:]
        private var left: Set<Place> = []
        private let total: Int
        private var done = 0
        private var shown: Timestamp

        init(label: String, extents: [KafkaReader.Extent], begin: Timestamp) {
            self.label = label
            self.begin = begin
            shown = begin
            var total = 0
            for extent in extents {
                let place = Place(topic: extent.topic, partition: extent.partition)
                ends[place] = extent.end
                next[place] = extent.start
                if extent.end > extent.start { left.insert(place) }
                total += Int(extent.end - extent.start)
            }
            self.total = total
        }

        var isOver: Bool { left.isEmpty }

        /// Whether the message stood there when the scan began.
        mutating func take(_ position: MessagePosition) -> Bool {
            let place = Place(topic: position.topic, partition: position.partition)
            guard let end = ends[place], let from = next[place], position.offset < end else {
                left.remove(place)
                return false
            }
            done += Int(max(0, position.offset + 1 - from))
            next[place] = position.offset + 1
            if position.offset + 1 >= end { left.remove(place) }
            return true
        }

        mutating func show(now: Timestamp) {
            guard now - shown > .milliseconds(100), Console.isInteractive else { return }
            shown = now
            Console.progress(
                ProgressLine().rendered(
                    ProgressLine.Snapshot(
                        label: label, completed: done, total: total,
                        elapsedSeconds: (now - begin).inSeconds),
                    style: Console.errorStyle))
        }
    }
}
