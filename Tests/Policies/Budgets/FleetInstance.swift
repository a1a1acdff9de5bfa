import Contracts
import Determinism
import Policies

/// What is wrong with an instance on purpose, so that the checkers can show that they see it.
enum PlantedFault: Sendable, CaseIterable {
    case creditTakenTwice, debitForgotten, cessionForgotten, estimateForgotten
}

/// One admission instance: the production values, its own clock, and a transaction that is open.
struct FleetInstance {
    let offset: TimeSpan
    var book: BudgetBook
    var shares: ShareLedger
    var bucket: TokenBucket?
    /// The partitions that it believes to own.
    var mine: [Int] = []
    /// Of the group, as of the last assignment: a commit under another one is refused.
    var generation = -1
    /// When it is back; nil while it runs.
    var deadUntil: Timestamp?
    var leasesRead = 0
    var capSeen = 0

    var bought: [FleetCall] = []
    var settled: [Int] = []
    var entries: [BudgetEntry] = []
    var lent: [LeaseMessage] = []
    private var creditsSeen: [String: Int] = [:]

    init(offset: TimeSpan, book: BudgetBook, shares: ShareLedger) {
        self.offset = offset
        self.book = book
        self.shares = shares
    }

    func clock(_ now: Timestamp) -> Timestamp { now + offset }

    /// Forgets what is not committed.
    mutating func reset() {
        book.reset()
        shares.reset()
        mine = []
        bought = []
        settled = []
        entries = []
        lent = []
        bucket = nil
    }

    /// Takes partitions over, their changelogs read back.
    mutating func assign(
        _ partitions: [Int], generation: Int, _ log: FleetLog, now: Timestamp,
        _ fault: PlantedFault?
    ) {
        reset()
        if fault == .cessionForgotten,
            let empty = try? ShareLedger(
                "rate", partitions: shares.partitions, clockSkew: shares.clockSkew)
        {
            shares = empty
        }
        mine = partitions
        self.generation = generation
        book.own(partitions, now: clock(now))
        shares.own(partitions)
        for partition in partitions {
            for (_, entry) in log.accounts[partition].sorted(by: { $0.key < $1.key }) {
                var entry = entry
                if fault == .debitForgotten { entry.granted = [] }
                if fault == .estimateForgotten { entry.reserved = 0 }
                book.restore(entry, partition: partition)
            }
            for (_, entry) in log.cessions[partition].sorted(by: { $0.key < $1.key })
            where fault != .cessionForgotten {
                shares.restore(entry)
            }
        }
    }

    /// Reads `leases` up to where it can be seen.
    mutating func follow(_ log: FleetLog, until: Timestamp, _ fault: PlantedFault?) {
        while leasesRead < log.leases.count, log.leases[leasesRead].at <= until {
            var message = log.leases[leasesRead].message
            leasesRead += 1
            if fault == .creditTakenTwice, message.kind == .credit {
                // Totals added up as if they were single gifts.
                creditsSeen[message.key, default: 0] += message.parts
                message.parts = creditsSeen[message.key] ?? 0
            }
            book.follow(message)
            if fault != .cessionForgotten || !mine.contains(message.from) {
                shares.follow(message)
            }
        }
    }

    /// Whether the rate limit lets a call pass.
    mutating func takeToken(_ limit: RateLimit, now: Timestamp) -> Bool {
        guard let share = shares.rate(of: limit, now: now) else {
            bucket = nil
            return false
        }
        var current = bucket ?? TokenBucket.empty(limit: share, now: now)
        if current.limit != share { current = current.changed(to: share, now: now) }
        let taken = current.tryTake(now: now)
        bucket = current
        return taken
    }

    mutating func lend(_ use: [Double], now: Timestamp) {
        for partition in mine {
            for loan in shares.loans(from: partition, use: use) {
                let until = now + .seconds(6 as Int64)
                if let message = shares.cede(
                    loan.parts, from: partition, to: loan.to, until: until, now: now)
                {
                    lent.append(message)
                }
            }
        }
    }
}
