public import Contracts
public import Determinism
public import Pipeline
public import Stages

/// One partition of a changelog that is read back.
struct RestoringPartition {
    let log: PartitionLog
    var next: Int64
    /// The log's end when the restoration began: open transactions of earlier owners included.
    let end: Int64
}

extension SimulatedTransport {
    public func startRestoring(
        _ changelog: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {
        try step()
        restoringSince = since
        restoring = partitions.map { partition in
            let log = cluster.log(changelog, partition)
            return RestoringPartition(log: log, next: 0, end: log.end)
        }
    }

    /// Reads up to each partition's last stable offset: what an earlier owner left open is waited
    /// for.
    public func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        try step()
        cluster.deliver()
        for index in restoring.indices where batch.count < maximum {
            let (log, end) = (restoring[index].log, restoring[index].end)
            restoring[index].next = log.visit(
                from: restoring[index].next, to: min(end, log.lastStable)
            ) { entry, key, value in
                guard entry.isReadable, entry.timestamp >= restoringSince else { return true }
                guard batch.count < maximum else { return false }
                batch.append(
                    at: MessagePosition(
                        topic: log.topic, partition: log.partition, offset: entry.offset),
                    timestamp: entry.timestamp, key: key, value: value, headers: entry.headers)
                return true
            }
        }
        return RestoreProgress(
            restored: restoring.reduce(0) { $0 + $1.next },
            total: restoring.reduce(0) { $0 + $1.end },
            isComplete: restoring.allSatisfy { $0.next >= $0.end })
    }
}
