internal import DequeModule

/// Which offsets of one partition are done, when messages finish out of order.
///
/// The position to commit (`watermark`) is the lowest offset not done yet; offsets done beyond it travel in
/// the commit's metadata, so that a restarted instance does not repeat them. A value type without I/O.
///
///     base                        next
///      │ open done done open done  │
///      └─ watermark                └─ first offset not delivered yet
public struct OffsetTracker: Sendable {
    private var base: Int64
    private var next: Int64
    /// State of `watermark ..< next`: true for done.
    private var done: Deque<Bool> = []
    /// Offsets done by an earlier owner, beyond its watermark; ascending and disjoint.
    private var inherited: [Range<Int64>]

    /// - Parameters:
    ///   - position: the first offset to be delivered.
    ///   - completed: ranges beyond it that an earlier owner finished.
    public init(position: Int64, completed: [Range<Int64>] = []) {
        base = position
        next = position
        inherited = completed
    }

    /// A tracker that starts with the first delivered offset: for a partition without a committed position.
    public init() { self.init(position: -1) }

    /// The lowest offset that is not done: what to commit. Nil before the first delivery without a position.
    public var watermark: Int64? { base < 0 ? nil : base }

    /// Offsets delivered and not done.
    public var openCount: Int { done.lazy.filter { !$0 }.count }

    public var isIdle: Bool { base == next }

    /// Takes note of a delivered offset.
    ///
    /// Offsets skipped on the way (compacted away, control markers) count as done. An offset below `next` is
    /// a redelivery and changes nothing.
    ///
    /// - Returns: false when the offset was finished by an earlier owner and must not be processed again.
    public mutating func deliver(_ offset: Int64) -> Bool {
        if next < 0 {
            base = offset
            next = offset
        }
        guard offset >= next else { return true }
        while next < offset { push(done: true) }
        let finished = inherited.contains { $0.contains(offset) }
        push(done: finished)
        if finished { advance() }
        return !finished
    }

    private mutating func push(done isDone: Bool) {
        if isDone, base == next {
            base += 1
        } else {
            done.append(isDone)
        }
        next += 1
    }

    /// Marks a delivered offset as done; a second time, or one never delivered, changes nothing.
    public mutating func complete(_ offset: Int64) {
        guard offset >= base, offset < next else { return }
        done[Int(offset - base)] = true
        if offset == base { advance() }
    }

    private mutating func advance() {
        while let first = done.first, first {
            done.removeFirst()
            base += 1
        }
        while let range = inherited.first, range.upperBound <= base { inherited.removeFirst() }
    }

    /// Whether a delivered offset is still to be done.
    public func isOpen(_ offset: Int64) -> Bool {
        offset >= base && offset < next && !done[Int(offset - base)]
    }

    /// Ranges done beyond the watermark, ascending: what the commit's metadata carries.
    ///
    /// - Parameter scan: offsets looked at; those further on count as not done. Bounds the cost of a regular
    ///   commit while one old record keeps the watermark back; a hand-over looks at all.
    public func completedBeyond(scan: Int = .max) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        var start: Int64?
        for (index, isDone) in done.prefix(scan).enumerated() {
            let offset = base + Int64(index)
            if isDone, start == nil { start = offset }
            if !isDone, let open = start {
                ranges.append(open..<offset)
                start = nil
            }
        }
        if let open = start { ranges.append(open..<base + Int64(min(scan, done.count))) }
        let rest = inherited.filter { $0.upperBound > next }
        return ranges + rest.map { max($0.lowerBound, next)..<$0.upperBound }
    }
}
