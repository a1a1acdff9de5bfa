public import Determinism

/// A span of time relative to a device's start, from included, until excluded.
public struct OutageWindow: Hashable, Sendable {
    public let from: TimeSpan
    public let until: TimeSpan

    public init(from: TimeSpan, until: TimeSpan) {
        self.from = from
        self.until = until
    }
}

/// One server, first come, first served, on a clock that is passed in.
///
/// States of a job:
///
///     submit ─▶ waiting ─▶ running ─▶ ended(done or fault)
///                  │           │
///                  └───────────┴────▶ ended(outage, cancelled); waiting only: ended(timeout)
///
/// Events happen at their own instants, not when somebody looks: `advance` replays them in order,
/// so the outcome does not depend on how often it is called.
struct ServerQueue<Payload> {
    struct Entry {
        let payload: Payload
        let submitted: Timestamp
        let service: TimeSpan
        let isFaulty: Bool
    }

    enum Cause: Hashable {
        case done, fault, outage, timeout, cancelled
    }

    struct Ended {
        let entry: Entry
        let started: Timestamp?
        let completed: Timestamp
        let cause: Cause
    }

    /// In ascending order, not overlapping.
    let outages: [ClosedOpen]
    let queueTimeout: TimeSpan?
    private var running: (entry: Entry, started: Timestamp)?
    private var waiting = FIFO<Entry>()
    /// Service time of everything that waits.
    private var backlog = TimeSpan.zero
    /// No event happens before this instant any more.
    private var clock: Timestamp
    private var nextOutage = 0

    struct ClosedOpen {
        let from: Timestamp
        let until: Timestamp
    }

    init(start: Timestamp, outages: [OutageWindow], queueTimeout: TimeSpan?) {
        self.outages = outages.map { ClosedOpen(from: start + $0.from, until: start + $0.until) }
            .sorted { $0.from < $1.from }
        self.queueTimeout = queueTimeout
        clock = start
    }

    /// Jobs waiting or running.
    var depth: Int { waiting.count + (running == nil ? 0 : 1) }

    func outage(at now: Timestamp) -> ClosedOpen? {
        outages.first { $0.from <= now && now < $0.until }
    }

    /// Time until a job submitted now would start, if nothing goes wrong.
    func predictedWait(at now: Timestamp) -> TimeSpan {
        if let outage = outage(at: now) { return outage.until - now }
        guard let running else { return .zero }
        return max(running.started + running.entry.service - now, .zero) + backlog
    }

    /// Adds a job; the queue must have been advanced to `entry.submitted` and be outside outages.
    mutating func submit(_ entry: Entry) {
        if running == nil {
            running = (entry, max(entry.submitted, clock))
        } else {
            waiting.append(entry)
            backlog = backlog + entry.service
        }
    }

    /// Replays every event up to and including `now`, in order.
    mutating func advance(to now: Timestamp, _ end: (Ended) -> Void) {
        while let (event, instant) = nextEvent, instant <= now {
            clock = max(clock, instant)
            switch event {
            case .completion: complete(at: instant, end)
            case .outage:
                nextOutage += 1
                endAll(at: instant, end)
            case .timeout:
                guard let entry = waiting.popFirst() else { return }
                backlog = backlog - entry.service
                end(Ended(entry: entry, started: nil, completed: instant, cause: .timeout))
            }
        }
        // Windows that opened over an empty queue hit nobody.
        while nextOutage < outages.count && outages[nextOutage].from <= now { nextOutage += 1 }
        clock = max(clock, now)
    }

    enum Event: Hashable {
        case completion, outage, timeout
    }

    /// What happens next to the jobs held now, and when; ties in the order of `Event`.
    var nextEvent: (event: Event, instant: Timestamp)? {
        guard let running else { return nil }
        var next = (event: Event.completion, instant: running.started + running.entry.service)
        if nextOutage < outages.count && outages[nextOutage].from < next.instant {
            next = (.outage, outages[nextOutage].from)
        }
        if let queueTimeout, let first = waiting.first {
            let limit = first.submitted + queueTimeout
            if limit < next.instant { next = (.timeout, limit) }
        }
        return next
    }

    private mutating func complete(at instant: Timestamp, _ end: (Ended) -> Void) {
        guard let (entry, started) = running else { return }
        end(
            Ended(
                entry: entry, started: started, completed: instant,
                cause: entry.isFaulty ? .fault : .done))
        startNext(at: instant)
    }

    private mutating func startNext(at instant: Timestamp) {
        running = waiting.popFirst().map { ($0, instant) }
        if let entry = running?.entry { backlog = backlog - entry.service }
    }

    private mutating func endAll(at instant: Timestamp, _ end: (Ended) -> Void) {
        if let (entry, started) = running {
            end(Ended(entry: entry, started: started, completed: instant, cause: .outage))
        }
        while let entry = waiting.popFirst() {
            end(Ended(entry: entry, started: nil, completed: instant, cause: .outage))
        }
        running = nil
        backlog = .zero
    }

    /// Removes the first job that matches; the queue must have been advanced to `now`.
    mutating func cancel(at now: Timestamp, where matches: (Payload) -> Bool) -> Ended? {
        if let (entry, started) = running, matches(entry.payload) {
            startNext(at: now)
            return Ended(entry: entry, started: started, completed: now, cause: .cancelled)
        }
        guard let entry = waiting.removeFirst(where: { matches($0.payload) }) else { return nil }
        backlog = backlog - entry.service
        return Ended(entry: entry, started: nil, completed: now, cause: .cancelled)
    }

    func isRunning(where matches: (Payload) -> Bool) -> Bool {
        running.map { matches($0.entry.payload) } ?? false
    }
}

/// A queue in an array whose spent front is dropped now and then: appends and pops cost O(1) on
/// average.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var front = 0

    var count: Int { elements.count - front }
    var first: Element? { front < elements.count ? elements[front] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard let element = first else { return nil }
        front += 1
        if front > 64 && 2 * front > elements.count {
            elements.removeFirst(front)
            front = 0
        }
        return element
    }

    mutating func removeFirst(where matches: (Element) -> Bool) -> Element? {
        guard let index = elements[front...].firstIndex(where: matches) else { return nil }
        return elements.remove(at: index)
    }
}
