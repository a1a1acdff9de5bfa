public import Determinism
import HeapModule

/// Deadlines in order, earliest first; equal deadlines in order of key, so that runs repeat
/// exactly.
///
/// Timers are not removed when their record is answered: the owner ignores a stale one when it
/// comes up, and rebuilds the queue when stale ones outnumber live ones.
@usableFromInline
struct TimerQueue: Sendable {
    @usableFromInline
    struct Timer: Comparable, Sendable {
        @usableFromInline let deadline: Timestamp
        @usableFromInline let key: RecordKey

        @usableFromInline
        init(deadline: Timestamp, key: RecordKey) {
            self.deadline = deadline
            self.key = key
        }

        @usableFromInline
        static func < (left: Timer, right: Timer) -> Bool {
            left.deadline != right.deadline ? left.deadline < right.deadline : left.key < right.key
        }
    }

    private var heap = Heap<Timer>()

    @usableFromInline init() {}

    @usableFromInline var count: Int { heap.count }
    @usableFromInline var first: Timer? { heap.min }

    @usableFromInline
    mutating func insert(_ timer: Timer) { heap.insert(timer) }

    @usableFromInline
    mutating func removeFirst() { _ = heap.popMin() }

    @usableFromInline
    mutating func rebuild(from timers: [Timer]) { heap = Heap(timers) }
}
