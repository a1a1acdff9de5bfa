import Determinism

extension DeviceQueue {
    /// Starts waiting jobs on idle servers, unless the device is closed.
    ///
    /// A server that a session holds serves the owner alone, and comes before the free ones.
    mutating func dispatch(at now: Timestamp) {
        guard waiting.contains(where: { !$0.isEmpty }), settings.closures.closedUntil(now) == nil
        else { return }
        for place in servers.indices where servers[place].heldUntil != nil {
            start(0, on: place, at: now)
        }
        for place in servers.indices
        where servers[place].job == nil && servers[place].heldUntil == nil {
            guard let tenant = nextTenant() else { return }
            start(tenant, on: place, at: now)
        }
    }

    /// Whose first job is served next; ties go to the job that came first, then to the lower tenant.
    private func nextTenant() -> Int? {
        var best: (tenant: Int, tag: Double, entered: Timestamp)?
        for tenant in waiting.indices {
            guard let first = waiting[tenant].first else { continue }
            let tag = settings.discipline == .fairShare ? shares.tag(tenant) : 0
            if let best, (best.tag, best.entered) <= (tag, first.entered) { continue }
            best = (tenant, tag, first.entered)
        }
        return best?.tenant
    }

    private mutating func start(_ tenant: Int, on place: Int, at now: Timestamp) {
        guard let entry = waiting[tenant].popFirst() else { return }
        backlog[tenant] = backlog[tenant] - entry.expected
        shares.start(tenant, service: entry.service)
        servers[place].job = entry
        servers[place].tenant = tenant
        servers[place].started = now
        servers[place].ends = now + entry.service
        servers[place].heldUntil = nil
        if tenant == 0, let session = settings.session, servers[place].sessionEnds == nil {
            servers[place].sessionEnds = now + session.maximum
        }
    }

    /// Takes the running job off a server.
    mutating func vacate(_ place: Int, at now: Timestamp, _ cause: Cause) -> Ended? {
        guard let entry = servers[place].job else { return nil }
        servers[place].job = nil
        return Ended(
            tenant: servers[place].tenant, entry: entry, started: servers[place].started,
            completed: now, cause: cause)
    }

    /// What follows on a server that became idle: the session's next job, a hold for it, or the
    /// queue's next.
    mutating func settle(_ place: Int, at now: Timestamp) {
        if let session = settings.session, let ends = servers[place].sessionEnds {
            if now < ends && settings.closures.closedUntil(now) == nil {
                if !waiting[0].isEmpty {
                    start(0, on: place, at: now)
                    return
                }
                let until = min(now + session.idleTimeout, ends)
                servers[place].heldUntil = until > now ? until : nil
            }
            if servers[place].heldUntil == nil { servers[place].sessionEnds = nil }
        }
        dispatch(at: now)
        if servers.allSatisfy({ $0.job == nil }) && waiting.allSatisfy(\.isEmpty) {
            shares.idle()
        }
    }

    /// How long a job of the owner's that entered now would be expected to wait, if nothing goes
    /// wrong: from expected services, and the calendar.
    ///
    /// Servers take up what is ahead as a fluid would fill vessels of unequal level; exact for one
    /// server. Under fair share, another tenant's backlog counts up to its weight times the owner's
    /// own backlog.
    func predictedWait(at now: Timestamp) -> TimeSpan {
        if let outage = outage(at: now) { return outage.until - now }
        var ahead = backlog[0]
        for tenant in backlog.indices.dropFirst() {
            guard settings.discipline == .fairShare else {
                ahead = ahead + backlog[tenant]
                continue
            }
            let most = backlog[0].inSeconds * shares.ratio(tenant, to: 0)
            ahead = ahead + min(backlog[tenant], .seconds(most))
        }
        let levels = servers.map { server in
            guard let job = server.job else { return TimeSpan.zero }
            return max(server.started + job.expected - now, .zero)
        }.sorted()
        return settings.closures.stretched(Self.fill(levels, ahead), from: now)
    }

    /// The level that `volume` raises vessels of width 1 to, whose bottoms are at `levels`,
    /// ascending.
    private static func fill(_ levels: [TimeSpan], _ volume: TimeSpan) -> TimeSpan {
        var (left, level) = (volume, levels.first ?? .zero)
        for (index, next) in levels.enumerated().dropFirst() {
            let room = (next - level) * Int64(index)
            guard room < left else { break }
            left = left - room
            level = next
        }
        let filled = levels.count { $0 <= level }
        return level + .microseconds(left.microseconds / Int64(max(filled, 1)))
    }
}
