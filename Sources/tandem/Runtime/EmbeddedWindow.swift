import Contracts
import Foundation
import KafkaTransport
import Terminal

/// Holds a publisher within what an embedded cluster in another process keeps.
///
/// The cluster drops a partition's oldest messages beyond about 5 MiB, whether they were read or not.
/// So what all stages together have not committed yet of one partition stays below half of that: each
/// record that is still in an earlier topic may come to wait in any later one.
struct EmbeddedWindow {
    private let progress: GroupProgress
    private let address: ClusterAddress
    /// Messages of one partition number, over all topics.
    private let limit: Int
    /// Records that may still be sent before the cluster is asked again.
    private(set) var room = 0
    private var lags: [GroupProgress.Lag] = []
    private var lastChange = Date()
    private var hasComplained = false

    /// Id, key, timestamps and batch headers around a value.
    private static let overheadBytes = 256
    /// Messages of later topics are at most this, or smaller than the record.
    private static let laterBytes = 1_024
    /// A group that rebalances stands still for some ten seconds.
    private static let patience = 30.0

    /// - Parameter largestRecord: in bytes.
    init(_ address: ClusterAddress, largestRecord: Int) throws {
        self.address = address
        let message = max(largestRecord, Self.laterBytes) + Self.overheadBytes
        limit = max(1, EmbeddedCluster.partitionBytes / 2 / message)
        progress = try GroupProgress(
            address,
            Topology.edges.map {
                .init(group: address.topicPrefix + $0.stage.rawValue, topics: $0.reads)
            }, log: ClusterSession.log)
    }

    mutating func sent(_ records: Int) { room -= records }

    /// Asks the cluster how far the stages are.
    ///
    /// - Parameters:
    ///   - pending: messages on their way to the cluster, which it does not count yet.
    ///   - sent: records sent so far, for the error.
    /// - Throws: when the stages stand still: to send more would lose records.
    mutating func refresh(pending: Int, sent: Int) throws {
        let now = try progress.lags()
        if now != lags || pending > 0 { lastChange = Date() }
        lags = now
        let partitions = lags.map(\.messages.count).max() ?? 0
        let waiting = (0..<partitions).map { partition in
            lags.reduce(0) {
                $0 + ($1.messages.indices.contains(partition) ? $1.messages[partition] : 0)
            }
        }
        room = limit - (waiting.max() ?? 0) - pending
        guard room <= 0 else {
            hasComplained = false
            return
        }
        try complain(sent: sent)
    }

    private mutating func complain(sent: Int) throws {
        let still = Date().timeIntervalSince(lastChange)
        guard still > 1, let slowest = lags.max(by: { $0.total < $1.total }) else { return }
        let stage = slowest.group.dropFirst(address.topicPrefix.count)
        let what =
            "stage \(stage) has yet to read \(Format.count(slowest.total)) messages of "
            + "\(slowest.topic.name(prefix: address.topicPrefix)), and the embedded cluster keeps no more"
        let start = "start it with 'tandem run \(stage) --brokers \(address.brokers)'"
        guard still < Self.patience else {
            throw CommandFailure(
                "stopped after \(Format.count(sent)) records: \(what); \(start), then publish the rest"
            )
        }
        if !hasComplained { Console.note("waiting: \(what); \(start)") }
        hasComplained = true
    }
}
