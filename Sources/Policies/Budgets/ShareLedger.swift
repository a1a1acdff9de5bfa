public import Contracts
public import Determinism

/// How much of a rate or concurrency limit each data partition's owner may use.
///
/// Each partition has the same part of the limit; an instance's safe share is that of the partitions
/// it owns, and needs no one's word. A partition with little use cedes some of its part to another
/// until an instant: it goes without from when it says so, the borrower uses it until that instant
/// less the largest difference between two clocks. So the parts in use never sum to more than the
/// limit, and an instance that loses contact falls back to its safe share by itself.
///
/// What is ceded stands in the partition's changelog (`budgets`, key `cession/LIMIT/FROM/TO`), in the
/// transaction that publishes it on `leases`: a new owner reads it before its first record and goes
/// without, too. A value; nothing here allocates but `cede`, `restore`, `follow` and `prune`.
public struct ShareLedger: Sendable {
    /// The limit in parts.
    public static let whole: Int64 = EscrowAccount.whole
    public let name: String
    public let partitions: Int
    /// No two clocks of the fleet differ by more.
    public let clockSkew: TimeSpan
    private var owned: [Bool]
    /// By lender and borrower: the last cession that is committed, ours and others'.
    private var cessions: [Pair: Cession] = [:]
    /// Ours that no transaction has committed yet: each holds at least what the committed one does.
    private var drafts: [Pair: Cession] = [:]

    private struct Pair: Hashable, Sendable {
        var from: Int
        var to: Int
    }

    private struct Cession: Sendable {
        var parts: Int64
        var until: Timestamp
    }

    /// - Throws: `PolicyError` naming the argument out of range.
    public init(
        _ name: String, partitions: Int, clockSkew: TimeSpan = .seconds(2 as Int64)
    ) throws(PolicyError) {
        try PolicyError.require(
            (1...4_096).contains(partitions), "partitions", partitions, "1…4096")
        try PolicyError.require(
            clockSkew >= .zero && clockSkew <= .seconds(3_600 as Int64), "clock skew",
            "\(clockSkew.microseconds) µs", "0 µs…1 hour")
        self.name = name
        self.partitions = partitions
        self.clockSkew = clockSkew
        owned = Array(repeating: false, count: partitions)
    }

    /// The partitions that are ours from now on; their changelogs are then read back.
    public mutating func own(_ mine: some Sequence<Int>) {
        for partition in mine where (0..<partitions).contains(partition) {
            owned[partition] = true
        }
    }

    /// All partitions are gone, and what was ceded without a commit was not ceded.
    public mutating func reset() {
        for index in owned.indices { owned[index] = false }
        drafts.removeAll()
    }

    // MARK: Shares

    /// A partition's part of the limit, before cessions.
    public func nominal(_ partition: Int) -> Int64 {
        EscrowAccount.initialParts(partition, of: partitions)
    }

    /// What the owned partitions have at an instant: theirs, less what is ceded, plus what is lent.
    public func parts(now: Timestamp) -> Int64 {
        var sum: Int64 = 0
        for partition in 0..<partitions where owned[partition] { sum += nominal(partition) }
        for (pair, cession) in drafts where now < cession.until {
            sum += (owned[pair.to] ? cession.parts : 0) - cession.parts
        }
        for (pair, cession) in cessions where drafts[pair] == nil {
            if owned[pair.from], now < cession.until { sum -= cession.parts }
            if owned[pair.to], isUsable(cession, pair, now) { sum += cession.parts }
        }
        return max(0, min(Self.whole, sum))
    }

    /// A loan between two partitions of ours lasts as long as its lender goes without.
    private func isUsable(_ cession: Cession, _ pair: Pair, _ now: Timestamp) -> Bool {
        now < (owned[pair.from] ? cession.until : cession.until - clockSkew)
    }

    /// What an instance may have in flight of a limit for the whole fleet.
    public func slots(of limit: Int, now: Timestamp) -> Int {
        Int(share(Int64(limit), parts(now: now)))
    }

    /// An instance's share of a rate limit, rounded down; nil where that leaves it no whole token.
    ///
    /// A burst of at least as many tokens as there are partitions leaves each owner at least one. Begin
    /// with an empty bucket (`TokenBucket.empty`) and follow changes by `changed(to:)`, which gives no
    /// tokens: a restart is then no way to a second burst.
    public func rate(of limit: RateLimit, now: Timestamp) -> RateLimit? {
        let parts = parts(now: now)
        guard parts < Self.whole else { return limit }
        let burst = share(limit.burst, parts)
        // As many periods as keep the tokens whole, within what a rate limit allows.
        let longest = TimeSpan.seconds(86_400 as Int64).microseconds / limit.period.microseconds
        let periods = max(1, min(longest, 1_000_000, 1_000_000_000 / limit.tokens))
        let tokens = share(limit.tokens * periods, parts)
        guard burst > 0, tokens > 0 else { return nil }
        return try? RateLimit(tokens: tokens, per: limit.period * periods, burst: burst)
    }

    private func share(_ amount: Int64, _ parts: Int64) -> Int64 {
        Money(millionths: max(0, amount)).share(parts, of: Self.whole).millionths
    }

    // MARK: Cessions

    /// Cedes part of an owned partition's nominal share; in force at once.
    ///
    /// - Parameters:
    ///   - parts: at most what the partition has not ceded yet.
    ///   - until: behind `now` plus the clocks' largest difference, else it is of no use to anyone.
    /// - Returns: what to write to the changelog and to `leases`; nil if nothing can be ceded: the
    ///   partition is not ours, has no such part left, or an earlier cession to the same borrower
    ///   still runs and would be cut.
    public mutating func cede(
        _ parts: Int64, from: Int, to: Int, until: Timestamp, now: Timestamp
    ) -> LeaseMessage? {
        guard (0..<partitions).contains(from), (0..<partitions).contains(to), owned[from],
            from != to, parts > 0, until > now + clockSkew
        else { return nil }
        let pair = Pair(from: from, to: to)
        let running = (drafts[pair] ?? cessions[pair]).flatMap { now < $0.until ? $0 : nil }
        if let running, running.parts > parts || running.until > until { return nil }
        let elsewhere = ceded(by: from, now: now) - (running?.parts ?? 0)
        guard parts <= nominal(from) - elsewhere else { return nil }
        var message = LeaseMessage(.cession, name, from: from, to: to)
        message.parts = Int(parts)
        message.at = Self.wholeMilliseconds(until)
        drafts[pair] = Cession(parts: parts, until: message.at)
        return message
    }

    /// Messages carry milliseconds: the lender waits for the end of the last one.
    private static func wholeMilliseconds(_ instant: Timestamp) -> Timestamp {
        Timestamp(milliseconds: (instant + .microseconds(999)).milliseconds)
    }

    /// What a partition goes without at an instant.
    public func ceded(by partition: Int, now: Timestamp) -> Int64 {
        let running = cessions.merging(drafts) { _, draft in draft }
        return running.reduce(0) { sum, entry in
            entry.key.from == partition && now < entry.value.until ? sum + entry.value.parts : sum
        }
    }

    /// Takes back an entry of the lender's changelog.
    public mutating func restore(_ message: LeaseMessage) { take(message) }

    /// Takes a committed message of `leases`, in any order and as often as it comes.
    public mutating func follow(_ message: LeaseMessage) { take(message) }

    private mutating func take(_ message: LeaseMessage) {
        guard message.kind == .cession, message.name == name,
            (0..<partitions).contains(message.from), (0..<partitions).contains(message.to)
        else { return }
        let pair = Pair(from: message.from, to: message.to)
        let parts = min(Int64(message.parts), nominal(message.from))
        if let old = cessions[pair], old.until > message.at { return }
        if let old = cessions[pair], old.until == message.at, old.parts > parts { return }
        cessions[pair] = Cession(parts: parts, until: message.at)
        // What is committed needs no draft.
        if let draft = drafts[pair], draft.until == message.at, draft.parts == parts {
            drafts[pair] = nil
        }
    }

    /// Forgets what is over.
    public mutating func prune(now: Timestamp) {
        cessions = cessions.filter { now < $0.value.until }
        drafts = drafts.filter { now < $0.value.until }
    }

    // MARK: Who lends to whom

    /// How much an owned partition should cede: a pure function of who uses how much.
    ///
    /// Everyone keeps what it uses and half of that again, and a tenth of its nominal part in any
    /// case; partitions that use all they have share the rest in equal measure.
    ///
    /// - Parameter use: of each partition, the part of its nominal share that it uses lately, more
    ///   than 1 for one that was refused for want of it.
    /// - Returns: for each borrower, parts to cede; none where nobody is in want.
    public func loans(from lender: Int, use: [Double]) -> [(to: Int, parts: Int64)] {
        guard use.count == partitions, use[lender] < 0.6 else { return [] }
        let borrowers = use.indices.filter { use[$0] >= 1 && $0 != lender }
        guard !borrowers.isEmpty else { return [] }
        let spare = 1 - max(0.1, use[lender] * 1.5)
        let parts = Int64(Double(nominal(lender)) * spare) / Int64(borrowers.count)
        return parts > 0 ? borrowers.map { ($0, parts) } : []
    }
}
