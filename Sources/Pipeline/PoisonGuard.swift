import Contracts
import Determinism
import Stages

/// Keeps a message over which a stage dies from stopping its partition.
///
/// A trap ends the process; nothing can be caught. So what is in hand is noted before each call of
/// the stage, and the next life finds it. It takes the messages that its predecessor died over in
/// halves, each noted by itself: after the logarithm of the batch's size in deaths the message
/// stands alone, and when the stage has died over it alone twice (once may have been a SIGKILL that
/// came just then) it is convicted: it goes to `rejects`, in this life and in any that meets it again
/// before its position is committed, and the rest goes on.
struct PoisonGuard {
    private let journal: (any CrashJournal)?
    /// What the last life died over, not processed since.
    private var suspects: [MessageRange]
    private var deaths: Int
    private var chunk: Int
    /// Messages rejected because the stage died over them.
    private(set) var rejected = 0
    private var convictions: [Conviction]

    /// Deaths over one message alone until it is poison.
    static let patience = 2

    init(_ journal: (any CrashJournal)?) {
        self.journal = journal
        let leftover = journal?.leftover
        convictions = journal?.convictions ?? []
        suspects = leftover?.ranges ?? []
        // A death over more than one message says little of each.
        deaths = leftover.map { $0.single == nil ? 0 : $0.deaths } ?? 0
        let count = suspects.reduce(0) { $0 + Int(clamping: $1.last - $1.first) + 1 }
        chunk = max(1, count / 2)
    }

    /// Lets the stage process a batch, suspects in small parts.
    mutating func process(
        _ stage: inout any Stage, _ batch: borrowing InboundBatch, _ context: StageContext,
        into out: inout OutboundBatch
    ) {
        guard let journal else { return stage.process(batch, context, into: &out) }
        guard !suspects.isEmpty || !convictions.isEmpty else {
            journal.begin(InHand(ranges: Self.ranges(of: batch, 0..<batch.count), deaths: 1))
            stage.process(batch, context, into: &out)
            journal.end()
            return
        }
        for part in parts(of: batch) { process(part, of: batch, &stage, context, into: &out) }
    }

    /// Runs of the batch: all suspects in pieces of at most a chunk, convicted ones alone, others as
    /// they stand.
    private func parts(of batch: borrowing InboundBatch) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = 0
        while start < batch.count {
            let isSuspect = isSuspect(batch.messages[start].position)
            let isAlone = conviction(of: start, in: batch) != nil
            var end = start + 1
            while end < batch.count, !isAlone,
                isSuspect == self.isSuspect(batch.messages[end].position),
                conviction(of: end, in: batch) == nil, !isSuspect || end - start < chunk
            {
                end += 1
            }
            parts.append(start..<end)
            start = end
        }
        return parts
    }

    private func isSuspect(_ position: MessagePosition) -> Bool {
        suspects.contains { $0.contains(position) }
    }

    private mutating func process(
        _ part: Range<Int>, of batch: borrowing InboundBatch, _ stage: inout any Stage,
        _ context: StageContext, into out: inout OutboundBatch
    ) {
        let ranges = Self.ranges(of: batch, part)
        let known = part.count == 1 && suspects == ranges ? deaths : 0
        if known >= Self.patience { convict(part.lowerBound, of: batch, deaths: known) }
        if let conviction = conviction(of: part.lowerBound, in: batch) {
            let why = "the stage died over this message alone, \(conviction.deaths) times"
            out.reject(
                batch, part.lowerBound, by: stage.name,
                because: ContractViolation(.stageFailure, why))
            rejected += 1
        } else {
            var piece = InboundBatch()
            piece.topicPrefix = batch.topicPrefix
            for index in part { piece.append(copying: index, of: batch) }
            journal?.begin(InHand(ranges: ranges, deaths: known + 1))
            stage.process(piece, context, into: &out)
        }
        journal?.end()
        forget(ranges)
    }

    private func conviction(of index: Int, in batch: borrowing InboundBatch) -> Conviction? {
        let position = batch.messages[index].position
        return convictions.first { conviction in
            conviction.offset == position.offset
                && conviction.partition.partition == position.partition
                && conviction.partition.topic == position.topic
                && conviction.hash == Self.hash(batch.value(index))
        }
    }

    private mutating func convict(_ index: Int, of batch: borrowing InboundBatch, deaths: Int) {
        let position = batch.messages[index].position
        let conviction = Conviction(
            partition: TopicPartition(topic: position.topic, partition: position.partition),
            offset: position.offset, hash: Self.hash(batch.value(index)), deaths: deaths)
        convictions.append(conviction)
        journal?.convict(conviction)
    }

    private static func hash(_ value: ByteSlice?) -> UInt64 {
        unsafe (value ?? .absent).withUnsafeBytes { unsafe StableHash.hash64($0) }
    }

    /// These are done: what is left of the suspects stays under suspicion.
    private mutating func forget(_ done: [MessageRange]) {
        for range in done {
            suspects = suspects.flatMap { suspect -> [MessageRange] in
                guard suspect.partition == range.partition, range.last >= suspect.first,
                    range.first <= suspect.last
                else { return [suspect] }
                // Offsets below were delivered before, or are nobody's (control markers).
                guard range.last < suspect.last else { return [] }
                return [
                    MessageRange(
                        partition: suspect.partition, first: range.last + 1, last: suspect.last)
                ]
            }
        }
    }

    private static func ranges(
        of batch: borrowing InboundBatch, _ part: Range<Int>
    ) -> [MessageRange] {
        var ranges: [MessageRange] = []
        for index in part {
            let position = batch.messages[index].position
            let partition = TopicPartition(topic: position.topic, partition: position.partition)
            if let last = ranges.last, last.partition == partition, last.last < position.offset {
                ranges[ranges.count - 1].last = position.offset
            } else {
                ranges.append(
                    MessageRange(
                        partition: partition, first: position.offset, last: position.offset))
            }
        }
        return ranges
    }
}
