import Contracts
import Determinism
import Pipeline
import Testing

@Suite("The progress of a group")
struct ProgressTests {
    private func partition(
        _ number: Int32 = 0, start: Int64 = 0, end: Int64, committed: Int64?,
        completed: [Range<Int64>] = [], found: PartitionProgress.Found? = nil
    ) -> PartitionProgress {
        var progress = PartitionProgress(
            partition: number, start: start, end: end, committed: committed)
        progress.completed = completed
        progress.found = found
        return progress
    }

    private func stage(_ partitions: [PartitionProgress], members: Int? = 1) -> StageProgress {
        StageProgress(
            stage: .fallback, group: "tandem.fallback", members: members,
            topics: [.init(topic: .verdicts, partitions: partitions)])
    }

    @Test("is idle before the markers of the last transactions")
    func markers() {
        // Offsets 10 and 11 hold markers: a reader finds nothing up to the end.
        let progress = partition(end: 12, committed: 10, found: .all(0))
        #expect(progress.distance == 2 && progress.lag == 0 && progress.isExact)
        #expect(stage([progress]).state == .idle)
        #expect(stage([progress], members: 0).state == .idle)
    }

    @Test("is behind by what a reader finds, and by no more than the offsets when nobody looked")
    func lag() {
        let counted = partition(end: 12, committed: 4, found: .all(5))
        #expect(counted.lag == 5 && counted.isExact)
        let bounded = partition(end: 9_000, committed: 4, found: .some)
        #expect(bounded.lag == 8_996 && !bounded.isExact)
        #expect(partition(end: 12, committed: 4).lag == 8)
        #expect(stage([counted, bounded]).lag == 9_001 && stage([counted]).state == .behind)
        #expect(stage([counted], members: 0).state == .unattended)
        #expect(stage([counted], members: nil).state == .behind)
    }

    @Test("leaves out what was done ahead of the position")
    func ahead() {
        let progress = partition(end: 20, committed: 4, completed: [6..<9, 15..<40])
        #expect(progress.lag == 8)
        let open = (Int64(3)..<16).filter { progress.isOpen($0) }
        #expect(open == [4, 5, 9, 10, 11, 12, 13, 14])
    }

    @Test("begins at the oldest message that is kept, for a group without a position or behind it")
    func trimmed() {
        #expect(partition(start: 7, end: 12, committed: nil).lag == 5)
        #expect(partition(start: 7, end: 12, committed: 3).lag == 5)
        #expect(partition(start: 0, end: 0, committed: nil).lag == 0)
        // Reset by hand beyond the end.
        #expect(partition(end: 12, committed: 30).lag == 0)
    }

    @Test("has a rate over the time between two looks")
    func rate() {
        let old = stage([
            partition(0, end: 100, committed: 10), partition(1, end: 100, committed: 50),
        ])
        let new = stage([
            partition(0, end: 200, committed: 60, completed: [70..<80]),
            partition(1, end: 200, committed: 40),
        ])
        #expect(new.perSecond(since: old, elapsed: .seconds(2 as Int64)) == 30)
        #expect(new.perSecond(since: old, elapsed: .zero) == nil)
        var other = old
        other.stage = .shadow
        #expect(new.perSecond(since: other, elapsed: .seconds(1 as Int64)) == nil)
    }
}
