internal import Contracts
internal import DequeModule
internal import Determinism
internal import Stages

/// One producer's messages between `send` and acknowledgement: batches in order, as an idempotent
/// producer keeps them.
///
///     send ──▶ on the way ── arrival ──▶ in the log ── acknowledgement ──▶ forgotten
///                  └── crash: lost, but for those that the broker had taken unheard
final class InFlight {
    private struct Message {
        let topic: Topic
        let key: OwnedBytes?
        let value: OwnedBytes?
        let headers: [MessageHeader]
        let timestamp: Timestamp?
        let partition: Int32?
    }

    private struct Parcel {
        let epoch: UInt64
        var messages: [Message]
        let count: Int
        let arrives: Timestamp
        let acknowledged: Timestamp
    }

    let id: UInt64
    private var onTheWay: Deque<Parcel> = []
    /// In the log, not acknowledged.
    private var unheard: Deque<Parcel> = []
    private(set) var acknowledgedEpoch: UInt64 = 0
    private(set) var pending = 0
    private var isAbandoned = false
    private var last = (arrival: Timestamp(microseconds: 0), answer: Timestamp(microseconds: 0))

    init(id: UInt64) { self.id = id }

    var nextArrival: Timestamp? { onTheWay.first?.arrives }

    /// The next arrival or acknowledgement; nil when all is said.
    var nextEvent: Timestamp? {
        [onTheWay.first?.arrives, unheard.first?.acknowledged].compactMap { $0 }.min()
    }

    /// Takes a batch over; arrivals and acknowledgements keep the order of sending.
    func send(
        _ batch: borrowing OutboundBatch, epoch: UInt64, arrival: TimeSpan, answer: TimeSpan,
        now: Timestamp
    ) {
        // An epoch without messages has nothing to wait for but those before it.
        let isEmpty = batch.messages.isEmpty
        let arrives = max(last.arrival, isEmpty ? now : now + arrival)
        let answered = max(last.answer, isEmpty ? arrives : arrives + answer)
        last = (arrives, answered)
        var messages: [Message] = []
        messages.reserveCapacity(batch.messages.count)
        for index in 0..<batch.messages.count {
            let message = batch.messages[index]
            messages.append(
                Message(
                    topic: message.topic, key: batch.key(index).map { OwnedBytes($0) },
                    value: batch.value(index).map { OwnedBytes($0) },
                    headers: message.headers, timestamp: message.timestamp,
                    partition: message.partition))
        }
        pending += messages.count
        onTheWay.append(
            Parcel(
                epoch: epoch, messages: messages, count: messages.count, arrives: arrives,
                acknowledged: answered))
    }

    /// Puts the first parcel into the cluster's logs.
    func arrive(in cluster: SimulatedCluster) {
        guard var parcel = onTheWay.popFirst() else { return }
        for message in parcel.messages { Self.append(message, to: cluster) }
        parcel.messages = []
        if !isAbandoned { unheard.append(parcel) }
    }

    private static func append(_ message: Message, to cluster: SimulatedCluster) {
        withExtendedLifetime(message) {
            cluster.append(
                to: message.topic, key: message.key?.slice, value: message.value?.slice,
                headers: message.headers, timestamp: message.timestamp, partition: message.partition
            )
        }
    }

    func hear(now: Timestamp) {
        while let parcel = unheard.first, parcel.acknowledged <= now {
            unheard.removeFirst()
            acknowledgedEpoch = parcel.epoch
            pending -= parcel.count
        }
    }

    /// Nobody listens any more; what is on its way still arrives.
    func abandon() {
        isAbandoned = true
        unheard.removeAll()
    }

    /// The producer dies: of what is on its way, the broker takes the first `share` unheard.
    func crash(share: Double, in cluster: SimulatedCluster) {
        let messages = onTheWay.flatMap(\.messages)
        for message in messages.prefix(Int(share * Double(messages.count + 1))) {
            Self.append(message, to: cluster)
        }
        onTheWay.removeAll()
        unheard.removeAll()
    }
}
