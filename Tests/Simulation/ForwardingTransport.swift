import Contracts
import Determinism
import Pipeline
import Stages

/// A transport that passes every call on: what transports with a bug are made of.
class ForwardingTransport: Transport {
    private let inner: any Transport

    init(_ inner: any Transport) { self.inner = inner }

    func subscribe(
        _ topics: [Topic], handler: any RebalanceHandler
    ) throws(TransportFailure) {
        try inner.subscribe(topics, handler: handler)
    }

    func poll(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) {
        try inner.poll(into: &batch, maximum: maximum, timeout: timeout)
    }

    func setPaused(_ paused: Bool) throws(TransportFailure) { try inner.setPaused(paused) }

    func send(_ batch: borrowing OutboundBatch, epoch: UInt64) throws(TransportFailure) {
        try inner.send(batch, epoch: epoch)
    }

    func acknowledgedEpoch() throws(TransportFailure) -> UInt64 { try inner.acknowledgedEpoch() }

    var unacknowledged: Int { inner.unacknowledged }

    func flush(timeout: TimeSpan) throws(TransportFailure) { try inner.flush(timeout: timeout) }

    func commit(
        _ commits: [OffsetCommit], synchronously: Bool
    ) throws(TransportFailure) {
        try inner.commit(commits, synchronously: synchronously)
    }

    func startRestoring(
        _ changelog: Topic, partitions: [Int32], since: Timestamp
    ) throws(TransportFailure) {
        try inner.startRestoring(changelog, partitions: partitions, since: since)
    }

    func pollRestoring(
        into batch: inout InboundBatch, maximum: Int, timeout: TimeSpan
    ) throws(TransportFailure) -> RestoreProgress {
        try inner.pollRestoring(into: &batch, maximum: maximum, timeout: timeout)
    }

    func close() { inner.close() }
}
