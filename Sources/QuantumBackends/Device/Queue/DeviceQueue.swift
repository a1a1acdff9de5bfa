import Determinism

/// Servers that jobs of several tenants wait for, on a clock that is passed in.
///
/// States of a job:
///
///     submit ─▶ entering ─▶ waiting ─▶ running ─▶ ended(done, limit or fault)
///                  │           │           │
///                  └───────────┴───────────┴────▶ ended(outage, cancelled);
///                                                 waiting only: ended(timeout)
///
/// Events happen at their own instants, not when somebody looks: `advance` replays them in order,
/// so the outcome does not depend on how often it is called. Tenant 0 is the owner, whose jobs come
/// in through `submit`; the others' come from their streams, and each costs O(servers + tenants).
struct DeviceQueue {
    struct Settings {
        var servers = 1
        var tenants: [BackgroundTenant] = []
        var ownWeight = 1.0
        var discipline = QueueDiscipline.fairShare
        var session: DeviceSession?
        /// Jobs of all tenants, waiting or running; a full device takes no more. Nil for no limit.
        var capacity: Int?
        /// From entering the queue on; the owner's jobs alone give up.
        var queueTimeout: TimeSpan?
        var outages: [TimeWindow] = []
        var closures: ClosureCalendar
        var seed: UInt64 = 0
    }

    struct Entry {
        /// The owner's number for the job; negative for tenants'.
        let ticket: Int
        let entered: Timestamp
        let service: TimeSpan
        /// What the device would say in advance.
        let expected: TimeSpan
        var isFaulty = false
        /// Whether the service ends where the job's spending limit does.
        var isCutOff = false

        /// How the job's service ends, if nothing ends it before.
        var completion: Cause { isCutOff ? .limit : isFaulty ? .fault : .done }
    }

    /// How a job ended.
    enum Cause: Hashable {
        case done, fault, limit, outage, timeout, cancelled
    }

    struct Ended {
        let tenant: Int
        let entry: Entry
        let started: Timestamp?
        let completed: Timestamp
        let cause: Cause

        var wait: TimeSpan { (started ?? completed) - entry.entered }
    }

    struct Server {
        var job: Entry?
        var tenant = 0
        var started = Timestamp.distantFuture
        var ends = Timestamp.distantFuture
        /// A session of the owner's is open until then at the latest.
        var sessionEnds: Timestamp?
        /// Idle, but kept for the owner.
        var heldUntil: Timestamp?
    }

    let settings: Settings
    var servers: [Server]
    var waiting: [FIFO<Entry>]
    /// Expected service of everything of a tenant that waits.
    var backlog: [TimeSpan]
    var shares: FairShare
    /// The owner's jobs that are being loaded and compiled, by when they enter.
    var entering = Agenda<Entry>()
    private(set) var dropped = 0
    private var streams: [TenantStream]
    private var outages: [TimeWindow]
    private var nextOutage = 0
    /// No event happens before this instant any more.
    private var clock: Timestamp

    /// - Parameter start: when the other tenants begin to send.
    init(_ settings: Settings, start: Timestamp) {
        self.settings = settings
        servers = [Server](repeating: Server(), count: settings.servers)
        let tenants = settings.tenants
        waiting = [FIFO<Entry>](repeating: FIFO(), count: tenants.count + 1)
        backlog = [TimeSpan](repeating: .zero, count: tenants.count + 1)
        shares = FairShare(weights: [settings.ownWeight] + tenants.map(\.weight))
        streams = tenants.enumerated().map { index, tenant in
            TenantStream(
                tenant, start: start, seed: StableHash.combine(settings.seed, UInt64(index)))
        }
        outages = settings.outages.sorted { $0.from < $1.from }
        clock = start
    }

    /// Replaces the outages to come.
    mutating func plan(outages windows: [TimeWindow]) {
        outages = windows.sorted { $0.from < $1.from }
        nextOutage = 0
        while nextOutage < outages.count && outages[nextOutage].from < clock { nextOutage += 1 }
    }

    func outage(at now: Timestamp) -> TimeWindow? { outages.first { $0.contains(now) } }

    /// The owner's jobs: entering, waiting or running.
    var ownDepth: Int {
        entering.count + waiting[0].count + servers.count { $0.job != nil && $0.tenant == 0 }
    }

    /// Everybody's jobs.
    var depth: Int {
        entering.count + waiting.reduce(0) { $0 + $1.count } + servers.count { $0.job != nil }
    }

    var isFull: Bool { settings.capacity.map { depth >= $0 } ?? false }

    // MARK: The owner's verbs

    /// Adds a job that enters at `entry.entered`; the queue must have been advanced to `now`, and
    /// be outside outages.
    mutating func submit(_ entry: Entry, at now: Timestamp) {
        if entry.entered > now {
            entering.insert(entry, at: entry.entered)
        } else {
            enter(entry, tenant: 0)
            dispatch(at: max(clock, entry.entered))
        }
    }

    /// Takes a job off; the queue must have been advanced to `now`.
    mutating func cancel(_ ticket: Int, at now: Timestamp) -> Ended? {
        if let place = servers.firstIndex(where: { $0.job?.ticket == ticket }),
            let ended = vacate(place, at: now, .cancelled)
        {
            settle(place, at: now)
            return ended
        }
        let entry: Entry
        if let found = waiting[0].removeFirst(where: { $0.ticket == ticket }) {
            backlog[0] = backlog[0] - found.expected
            entry = found
        } else if let found = entering.removeFirst(where: { $0.ticket == ticket }) {
            entry = found
        } else {
            return nil
        }
        return Ended(tenant: 0, entry: entry, started: nil, completed: now, cause: .cancelled)
    }

    func isRunning(_ ticket: Int) -> Bool { servers.contains { $0.job?.ticket == ticket } }

    // MARK: Events

    enum Event: Hashable {
        case completion(server: Int)
        case outage
        case timeout
        case release(server: Int)
        case opening
        case arrival(stream: Int)
        case entrance
    }

    /// Replays every event up to and including `now`, in order; ties in the order of `Event`.
    ///
    /// - Parameter end: gets every job that ends, tenants' included.
    mutating func advance(to now: Timestamp, _ end: (Ended) -> Void) {
        while let (event, instant) = nextEvent(), instant <= now {
            clock = max(clock, instant)
            handle(event, at: instant, end)
        }
        clock = max(clock, now)
    }

    private mutating func handle(_ event: Event, at instant: Timestamp, _ end: (Ended) -> Void) {
        switch event {
        case .completion(let place):
            let cause = servers[place].job?.completion ?? .done
            if let ended = vacate(place, at: instant, cause) { end(ended) }
            settle(place, at: instant)
        case .outage:
            nextOutage += 1
            endAll(at: instant, end)
        case .timeout:
            guard let entry = waiting[0].popFirst() else { return }
            backlog[0] = backlog[0] - entry.expected
            end(
                Ended(
                    tenant: 0, entry: entry, started: nil, completed: instant, cause: .timeout))
        case .release(let place):
            servers[place].heldUntil = nil
            servers[place].sessionEnds = nil
            dispatch(at: instant)
        case .opening: dispatch(at: instant)
        case .arrival(let index): arrive(index, at: instant)
        case .entrance:
            guard let entry = entering.popFirst() else { return }
            enter(entry, tenant: 0)
            dispatch(at: instant)
        }
    }

    private func nextEvent() -> (event: Event, instant: Timestamp)? {
        var next: (event: Event, instant: Timestamp)?
        func offer(_ event: Event, _ instant: Timestamp) {
            if instant < next?.instant ?? .distantFuture { next = (event, instant) }
        }
        for (place, server) in servers.enumerated() where server.job != nil {
            offer(.completion(server: place), server.ends)
        }
        if nextOutage < outages.count { offer(.outage, outages[nextOutage].from) }
        if let timeout = settings.queueTimeout, let first = waiting[0].first {
            offer(.timeout, first.entered + timeout)
        }
        for (place, server) in servers.enumerated() {
            if let held = server.heldUntil { offer(.release(server: place), held) }
        }
        if let opening = openingForWaiting() { offer(.opening, opening) }
        for (index, stream) in streams.enumerated() { offer(.arrival(stream: index), stream.next) }
        if let entrance = entering.firstInstant { offer(.entrance, entrance) }
        return next
    }

    /// When jobs that wait before an idle server may start, if the device is closed.
    private func openingForWaiting() -> Timestamp? {
        guard servers.contains(where: { $0.job == nil }), waiting.contains(where: { !$0.isEmpty })
        else { return nil }
        return settings.closures.closedUntil(clock)
    }

    /// When something may next happen to one of the owner's jobs, at the earliest; nil if it holds
    /// none.
    var nextOwnEvent: Timestamp? {
        guard ownDepth > 0 else { return nil }
        var next = entering.firstInstant ?? .distantFuture
        if nextOutage < outages.count { next = min(next, outages[nextOutage].from) }
        let waits = !waiting[0].isEmpty
        for server in servers where server.job != nil && (waits || server.tenant == 0) {
            next = min(next, server.ends)
        }
        if waits {
            for server in servers { next = min(next, server.heldUntil ?? .distantFuture) }
            if let timeout = settings.queueTimeout, let first = waiting[0].first {
                next = min(next, first.entered + timeout)
            }
            if let opening = openingForWaiting() { next = min(next, opening) }
        }
        return next
    }

    private mutating func arrive(_ index: Int, at instant: Timestamp) {
        let service = streams[index].take()
        guard !isFull, outage(at: instant) == nil else {
            dropped += 1
            return
        }
        let mean = streams[index].tenant.sizes.mean
        enter(
            Entry(ticket: -1 - index, entered: instant, service: service, expected: mean),
            tenant: index + 1)
        dispatch(at: instant)
    }

    private mutating func enter(_ entry: Entry, tenant: Int) {
        if waiting[tenant].isEmpty { shares.arrive(tenant) }
        waiting[tenant].append(entry)
        backlog[tenant] = backlog[tenant] + entry.expected
    }

    private mutating func endAll(at instant: Timestamp, _ end: (Ended) -> Void) {
        for place in servers.indices {
            if let ended = vacate(place, at: instant, .outage) { end(ended) }
            servers[place] = Server()
        }
        for tenant in waiting.indices {
            while let entry = waiting[tenant].popFirst() {
                end(
                    Ended(
                        tenant: tenant, entry: entry, started: nil, completed: instant,
                        cause: .outage))
            }
            backlog[tenant] = .zero
        }
        while let entry = entering.popFirst() {
            end(Ended(tenant: 0, entry: entry, started: nil, completed: instant, cause: .outage))
        }
        shares.idle()
    }
}
