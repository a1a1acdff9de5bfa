import Pipeline
import TestSupport
import Testing

/// What an offset tracker must say, kept in the plainest way: a set of all offsets done.
private struct NaiveTracker {
    var position: Int64
    var next: Int64
    var done: Set<Int64> = []
    var inherited: Set<Int64>

    init(position: Int64, inherited: [Range<Int64>]) {
        self.position = position
        next = position
        self.inherited = Set(inherited.flatMap { Array($0) })
    }

    mutating func deliver(_ offset: Int64) -> Bool {
        guard offset >= next else { return true }
        for skipped in next..<offset { done.insert(skipped) }
        next = offset + 1
        if inherited.contains(offset) { done.insert(offset) }
        return !inherited.contains(offset)
    }

    mutating func complete(_ offset: Int64) {
        if offset >= position, offset < next { done.insert(offset) }
    }

    var watermark: Int64 {
        var offset = position
        while offset < next, done.contains(offset) { offset += 1 }
        return offset
    }

    var open: [Int64] { (position..<next).filter { !done.contains($0) } }

    /// Everything from the watermark on that must not be processed again.
    var beyond: Set<Int64> {
        let delivered = done.filter { $0 > watermark && $0 < next }
        return delivered.union(inherited.filter { $0 >= next })
    }
}

@Suite("The offset tracker")
struct OffsetTrackerTests {
    /// Delivers an offset; a macro's argument cannot mutate.
    private func new(_ tracker: inout OffsetTracker, _ offset: Int64) -> Bool {
        tracker.deliver(offset)
    }

    private func offsets(_ ranges: [Range<Int64>]) -> Set<Int64> {
        Set(ranges.flatMap { Array($0) })
    }

    private func inherited(_ draw: inout Draw, from position: Int64) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        var offset = position
        for _ in 0..<draw.int(0...4) {
            offset += Int64(draw.int(1...6))
            let end = offset + Int64(draw.int(1...8))
            ranges.append(offset..<end)
            offset = end
        }
        return ranges
    }

    @Test("agrees with a plain set of offsets on random sequences with gaps and redeliveries")
    func againstSet() {
        var draw = Draw(seed: 30)
        for _ in 0..<400 {
            let position = Int64(draw.int(0...1_000))
            let ranges = inherited(&draw, from: position)
            var tracker = OffsetTracker(position: position, completed: ranges)
            var naive = NaiveTracker(position: position, inherited: ranges)
            for _ in 0..<draw.int(1...80) {
                step(&tracker, &naive, &draw)
                #expect(tracker.watermark == naive.watermark)
                #expect(tracker.openCount == naive.open.count)
                #expect(tracker.isIdle == (naive.watermark == naive.next))
                let beyond = tracker.completedBeyond()
                #expect(offsets(beyond) == naive.beyond)
                #expect(isAscending(beyond))
            }
        }
    }

    private func step(
        _ tracker: inout OffsetTracker, _ naive: inout NaiveTracker, _ draw: inout Draw
    ) {
        if draw.bool() {
            let gap = draw.int(0...9) == 0 ? draw.int(1...5) : 0
            let back = draw.int(0...9) == 0 ? draw.int(1...5) : 0
            let offset = max(0, naive.next + Int64(gap - back))
            let (isNew, expected) = (tracker.deliver(offset), naive.deliver(offset))
            #expect(isNew == expected)
        } else {
            let offset = naive.position + Int64(draw.int(-3...40))
            let isOpen = naive.open.contains(offset)
            #expect(tracker.isOpen(offset) == isOpen)
            tracker.complete(offset)
            naive.complete(offset)
        }
    }

    private func isAscending(_ ranges: [Range<Int64>]) -> Bool {
        ranges.allSatisfy { !$0.isEmpty }
            && zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    }

    @Test("loses nothing and repeats nothing finished over any number of restarts")
    func restarts() {
        var draw = Draw(seed: 31)
        for _ in 0..<200 {
            var (position, metadata) = (Int64(0), "")
            var finished: Set<Int64> = []
            for _ in 0..<6 {
                let ranges = CommitMetadata.decode(position: position, metadata)
                var tracker = OffsetTracker(position: position, completed: ranges)
                for offset in position..<position + Int64(draw.int(0...30)) {
                    let isNew = tracker.deliver(offset)
                    #expect(isNew == !finished.contains(offset))
                    guard isNew, draw.int(0...2) > 0 else { continue }
                    tracker.complete(offset)
                    finished.insert(offset)
                }
                let next = tracker.watermark ?? position
                // Whatever lies before the committed position has been finished.
                #expect((position..<next).allSatisfy(finished.contains))
                metadata = CommitMetadata.encode(
                    position: next, completed: tracker.completedBeyond())
                position = next
            }
        }
    }

    @Test("starts with the first delivered offset when nothing was committed")
    func withoutPosition() {
        var tracker = OffsetTracker()
        #expect(tracker.watermark == nil && tracker.isIdle)
        #expect(new(&tracker, 41))
        #expect(tracker.watermark == 41)
        tracker.complete(41)
        #expect(tracker.watermark == 42 && tracker.isIdle)
    }

    @Test("counts offsets that the log skips as done")
    func gaps() {
        var tracker = OffsetTracker(position: 10)
        #expect(new(&tracker, 13))
        #expect(tracker.watermark == 13 && tracker.openCount == 1)
        #expect(new(&tracker, 20))
        tracker.complete(13)
        #expect(tracker.watermark == 20)
    }

    @Test("ignores what was never delivered, or is done twice")
    func strays() {
        var tracker = OffsetTracker(position: 5)
        tracker.complete(5)
        tracker.complete(3)
        #expect(tracker.watermark == 5)
        #expect(new(&tracker, 5))
        #expect(new(&tracker, 6))
        tracker.complete(6)
        tracker.complete(6)
        #expect(tracker.watermark == 5 && tracker.completedBeyond() == [6..<7])
    }

    @Test("looks only so far for a regular commit, and forgets nothing nearer")
    func scanLimit() {
        var tracker = OffsetTracker(position: 0)
        for offset in 0..<1_000 as Range<Int64> {
            _ = tracker.deliver(offset)
            if offset % 2 == 1 { tracker.complete(offset) }
        }
        let near = tracker.completedBeyond(scan: 10)
        #expect(near == [1..<2, 3..<4, 5..<6, 7..<8, 9..<10])
        #expect(tracker.completedBeyond().count == 500)
        #expect(tracker.completedBeyond(scan: 0).isEmpty)
    }

    @Test("keeps the rest of a range that an earlier owner finished, while it is being passed")
    func inheritedRest() {
        var tracker = OffsetTracker(position: 0, completed: [2..<10])
        let isNew = (0..<4).map { tracker.deliver($0) }
        #expect(isNew == [true, true, false, false])
        #expect(offsets(tracker.completedBeyond()) == Set(2..<10))
        tracker.complete(0)
        tracker.complete(1)
        #expect(tracker.watermark == 4)
    }
}

@Suite("Commit metadata")
struct CommitMetadataTests {
    private func ranges(_ draw: inout Draw, count: Int, from position: Int64) -> [Range<Int64>] {
        var offset = position
        return (0..<count).map { _ in
            let start = offset + Int64(draw.int(1...100_000))
            offset = start + Int64(draw.int(1...100_000))
            return start..<offset
        }
    }

    @Test("comes back as it was written")
    func roundTrip() {
        var draw = Draw(seed: 32)
        for _ in 0..<500 {
            let position = Int64(draw.int(0...1_000_000_000_000))
            let written = ranges(&draw, count: draw.int(0...100), from: position)
            let text = CommitMetadata.encode(position: position, completed: written)
            #expect(CommitMetadata.decode(position: position, text) == written)
        }
    }

    @Test("fits what a broker takes, keeping the nearest ranges")
    func limit() {
        var draw = Draw(seed: 33)
        let written = ranges(&draw, count: 5_000, from: 7)
        let text = CommitMetadata.encode(position: 7, completed: written)
        #expect(text.utf8.count <= 4_000 && text.utf8.count > 3_900)
        let read = CommitMetadata.decode(position: 7, text)
        #expect(read.count > 300 && read == Array(written.prefix(read.count)))
    }

    @Test(
        "of another program, or none, gives no ranges",
        arguments: [
            "", "t1", "t1:", "t1:1", "t1:1,2,3", "t1:,", "t1:-1,2", "t1:1,0", "t1:1,-2", "t2:1,2",
            "t1:1,2,", "t1: 1,2", "t1:x y,2", "NaN", "{\"a\":1}", "t1:1,zzzzzzzzzzzzz",
            "t1:zzzzzzzzzz,1", "t1:é,1",
        ])
    func foreign(text: String) {
        #expect(CommitMetadata.decode(position: 5, text).isEmpty)
    }
}
