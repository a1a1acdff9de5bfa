internal import Determinism
internal import Pipeline

/// Transactional ids: who owns each, and what is open or ending.
///
/// Initialising bumps the id's epoch: whoever speaks for an older one is fenced. A transaction open
/// for longer than the time-out is aborted, and its owner fenced.
struct TransactionCoordinator {
    private struct Owner {
        var epoch = 0
        var current: Transaction?
        /// Whether the last transaction of this epoch was committed: what a repeated call asks for.
        var lastIsCommitted: Bool?
    }

    /// One partition's marker, or one group's positions, on the way.
    struct Marker {
        enum Place {
            case log(PartitionLog, [Int64])
            case group(String, [OffsetCommit])
        }
        let transaction: Transaction
        let place: Place
        let at: Timestamp
        let isLast: Bool
    }

    var timeout = TimeSpan.seconds(10 as Int64)
    private var owners: [String: Owner] = [:]
    private var markers: [Marker] = []
    /// No open transaction times out before this.
    private var expiresFrom = Timestamp.distantFuture
    /// Markers drawn so far: what their delays are drawn by.
    private var drawn: UInt64 = 0

    // MARK: Ownership

    /// Takes an id over and aborts what its former owner left open.
    ///
    /// - Returns: the new epoch; nil while the predecessor's transaction is still ending.
    mutating func initialize(_ id: String, now: Timestamp, faults: FaultPlan) -> Int? {
        owners[id, default: Owner()].epoch += 1
        owners[id]?.lastIsCommitted = nil
        guard let current = owners[id]?.current else { return owners[id]?.epoch }
        if current.state == .open { end(current, isCommitted: false, now: now, faults: faults) }
        return current.state == .ended ? owners[id]?.epoch : nil
    }

    func isCurrent(_ id: String, epoch: Int) -> Bool { owners[id]?.epoch == epoch }

    /// The id's transaction that is open.
    func open(_ id: String) -> Transaction? {
        owners[id]?.current.flatMap { $0.state == .open ? $0 : nil }
    }

    /// Until when the id's next transaction has to wait for markers of the one before.
    func busyUntil(_ id: String) -> Timestamp? {
        owners[id]?.current.flatMap { $0.state == .ending ? $0.completesAt : nil }
    }

    /// The open transaction of the id; a first write opens one.
    mutating func transaction(of id: String, now: Timestamp) -> Transaction {
        if let open = open(id) { return open }
        let fresh = Transaction(id: id, startedAt: now)
        owners[id, default: Owner()].current = fresh
        expiresFrom = min(expiresFrom, now + timeout)
        owners[id]?.lastIsCommitted = nil
        return fresh
    }

    // MARK: Ends

    /// Decides the id's open transaction; does nothing when none is open.
    mutating func end(_ id: String, isCommitted: Bool, now: Timestamp, faults: FaultPlan) {
        owners[id]?.lastIsCommitted = isCommitted
        if let open = open(id) { end(open, isCommitted: isCommitted, now: now, faults: faults) }
    }

    /// How the id's last transaction under its present owner was decided.
    func lastIsCommitted(_ id: String) -> Bool? { owners[id]?.lastIsCommitted }

    private mutating func end(
        _ transaction: Transaction, isCommitted: Bool, now: Timestamp, faults: FaultPlan
    ) {
        var places = transaction.writes.map { Marker.Place.log($0.log, $0.offsets) }
        // By name: a dictionary's order must not decide anything.
        for (group, commits) in transaction.commits.sorted(by: { $0.key < $1.key }) {
            places.append(.group(group, commits))
        }
        let instants = places.map { _ in
            drawn += 1
            return faults.later(now, by: faults.span(faults.marker, .marker, drawn, 0))
        }
        let last = instants.max() ?? now
        transaction.decide(isCommitted: isCommitted, completesAt: last)
        var hasLast = false
        for (place, at) in zip(places, instants) {
            let isLast = at == last && !hasLast
            hasLast = hasLast || isLast
            markers.append(Marker(transaction: transaction, place: place, at: at, isLast: isLast))
        }
        if places.isEmpty { transaction.complete() }
    }

    /// Aborts what has been open for too long, and fences its owner.
    mutating func expire(now: Timestamp, faults: FaultPlan) {
        guard expiresFrom <= now else { return }
        for id in owners.keys.sorted() {
            guard let open = open(id), open.startedAt + timeout <= now else { continue }
            owners[id]?.epoch += 1
            end(open, isCommitted: false, now: now, faults: faults)
        }
        expiresFrom = nextExpiry ?? .distantFuture
    }

    // MARK: Markers

    var nextMarker: Timestamp? { markers.lazy.map(\.at).min() }

    /// When the next open transaction times out.
    var nextExpiry: Timestamp? {
        owners.values.lazy.compactMap(\.current).filter { $0.state == .open }
            .map { $0.startedAt + timeout }.min()
    }

    /// The markers due at an instant, the last of each transaction behind its others.
    mutating func takeMarkers(at instant: Timestamp) -> [Marker] {
        guard !markers.isEmpty else { return [] }
        let due = markers.filter { $0.at <= instant }
        markers.removeAll { $0.at <= instant }
        return due.filter { !$0.isLast } + due.filter(\.isLast)
    }
}
