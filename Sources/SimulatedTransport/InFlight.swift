internal import Contracts
internal import DequeModule
internal import Determinism
internal import Stages

/// Messages with their bytes in one arena.
private struct ParcelContents: ~Copyable {
    struct Message {
        let topic: Topic
        let partition: Int32?
        let start: Int
        let keyLength: Int
        let valueLength: Int
        let headers: [MessageHeader]
        let timestamp: Timestamp?
    }

    var arena = ByteWriter(capacity: 1_024)
    var messages: [Message] = []

    mutating func removeAll() {
        arena.removeAll()
        messages.removeAll(keepingCapacity: true)
    }

    mutating func add(_ message: OutboundMessage, _ key: ByteSlice?, _ value: ByteSlice?) {
        let start = arena.count
        if let key { arena.append(key) }
        if let value { arena.append(value) }
        messages.append(
            Message(
                topic: message.topic, partition: message.partition, start: start,
                keyLength: key?.count ?? -1, valueLength: value?.count ?? -1,
                headers: message.headers, timestamp: message.timestamp))
    }

    func append(
        _ index: Int, to cluster: SimulatedCluster, in transaction: Transaction?
    ) {
        let message = messages[index]
        let middle = message.start + max(0, message.keyLength)
        cluster.append(
            to: message.topic, partition: message.partition,
            key: message.keyLength < 0 ? nil : arena.slice(message.start..<middle),
            value: message.valueLength < 0
                ? nil : arena.slice(middle..<middle + message.valueLength),
            headers: message.headers, timestamp: message.timestamp, transaction: transaction)
    }
}

/// A batch between `send` and acknowledgement; used again and again.
private final class Parcel {
    var contents = ParcelContents()
    var epoch: UInt64 = 0
    var count = 0
    var arrives = Timestamp(microseconds: 0)
    var acknowledged = Timestamp(microseconds: 0)

    func append(_ count: Int, to cluster: SimulatedCluster, in transaction: Transaction?) {
        for index in 0..<count { contents.append(index, to: cluster, in: transaction) }
    }

    /// Takes a batch over in place of what it had.
    func fill(from batch: borrowing OutboundBatch, repeats: (Int) -> Bool) {
        contents.removeAll()
        for index in 0..<batch.messages.count {
            for _ in 0..<(repeats(index) ? 2 : 1) {
                contents.add(batch.messages[index], batch.key(index), batch.value(index))
            }
        }
        count = contents.messages.count
    }
}

/// One producer's messages between `send` and acknowledgement: batches in order, as an idempotent
/// producer keeps them.
///
///     send ──▶ on the way ── arrival ──▶ in the log ── acknowledgement ──▶ forgotten
///                  └── crash: lost, but for those that the broker had taken unheard
///
/// A transactional producer's batches go into its open transaction; when the broker has ended that
/// one, they are refused.
final class InFlight {
    let id: UInt64
    /// The transactional id and epoch under which the producer writes; nil for one without.
    var identity: (id: String, epoch: Int)?
    private var onTheWay: Deque<Parcel> = []
    /// In the log, not acknowledged.
    private var unheard: Deque<Parcel> = []
    private var spare: [Parcel] = []
    private(set) var acknowledgedEpoch: UInt64 = 0
    private(set) var pending = 0
    /// The broker has refused a batch of this producer: its transaction or its epoch is over.
    private(set) var isRefused = false
    private var isAbandoned = false
    private var last = (arrival: Timestamp(microseconds: 0), answer: Timestamp(microseconds: 0))
    /// When the first batch on its way arrives; the distant future for none.
    private(set) var nextArrival = Timestamp.distantFuture

    init(id: UInt64) { self.id = id }

    /// The next arrival or acknowledgement; nil when all is said.
    var nextEvent: Timestamp? {
        let next = min(nextArrival, unheard.first?.acknowledged ?? .distantFuture)
        return next == .distantFuture ? nil : next
    }

    /// Takes a batch over; arrivals and acknowledgements keep the order of sending.
    ///
    /// - Parameters:
    ///   - arrives: when the log has it; an empty batch only follows those before it.
    ///   - repeats: whether a message comes twice.
    func send(
        _ batch: borrowing OutboundBatch, epoch: UInt64, arrives: Timestamp, answered: Timestamp,
        repeats: (Int) -> Bool
    ) {
        let parcel = spare.popLast() ?? Parcel()
        parcel.fill(from: batch, repeats: repeats)
        last.arrival = max(last.arrival, arrives)
        last.answer = max(last.answer, max(last.arrival, answered))
        parcel.epoch = epoch
        parcel.arrives = last.arrival
        parcel.acknowledged = last.answer
        pending += parcel.count
        onTheWay.append(parcel)
        nextArrival = onTheWay[0].arrives
    }

    /// Takes the epoch of a turn that wrote nothing, if nothing is before it: it is acknowledged at
    /// once.
    ///
    /// - Returns: false when it has to follow others.
    func passEmpty(epoch: UInt64, now: Timestamp) -> Bool {
        guard onTheWay.isEmpty, unheard.isEmpty, last.answer <= now else { return false }
        last = (now, now)
        acknowledgedEpoch = epoch
        return true
    }

    /// Puts the first parcel into the cluster's logs, or has it refused.
    func arrive(in cluster: SimulatedCluster) {
        guard let parcel = onTheWay.popFirst() else { return }
        nextArrival = onTheWay.first?.arrives ?? .distantFuture
        write(parcel, parcel.count, to: cluster)
        if isAbandoned { recycle(parcel) } else { unheard.append(parcel) }
    }

    private func write(_ parcel: Parcel, _ count: Int, to cluster: SimulatedCluster) {
        guard count > 0 else { return }
        var transaction: Transaction?
        if let identity {
            transaction = cluster.transaction(of: identity)
            if transaction == nil {
                isRefused = true
                return
            }
        }
        parcel.append(count, to: cluster, in: transaction)
    }

    private func recycle(_ parcel: Parcel) { if spare.count < 8 { spare.append(parcel) } }

    func hear(now: Timestamp) {
        while let parcel = unheard.first, parcel.acknowledged <= now {
            unheard.removeFirst()
            acknowledgedEpoch = parcel.epoch
            pending -= parcel.count
            recycle(parcel)
        }
    }

    /// Nobody listens any more; what is on its way still arrives.
    func abandon() {
        isAbandoned = true
        unheard.removeAll()
    }

    var isDone: Bool { isAbandoned && onTheWay.isEmpty }

    /// The producer gives up what is on its way; the broker has taken the first `share` all the
    /// same.
    func purge(share: Double, in cluster: SimulatedCluster) {
        let total = onTheWay.reduce(0) { $0 + $1.count }
        var left = Int(share * Double(total + 1))
        for parcel in onTheWay {
            let taken = min(left, parcel.count)
            write(parcel, taken, to: cluster)
            left -= taken
        }
        acknowledgedEpoch = onTheWay.last?.epoch ?? unheard.last?.epoch ?? acknowledgedEpoch
        pending = 0
        onTheWay.removeAll()
        unheard.removeAll()
        nextArrival = .distantFuture
        isRefused = false
    }
}
