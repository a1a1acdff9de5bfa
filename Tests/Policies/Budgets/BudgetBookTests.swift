import Contracts
import Determinism
import Policies
import Testing

@Suite("A book of budgets")
struct BudgetBookTests {
    static let start = Timestamp(milliseconds: 1_764_547_200_000)
    static let subject = BudgetSubject(tenant: "a", model: "m", device: "d")

    static func units(_ amount: Double) -> Money { Money(roundingUp: amount) }

    static func limits(
        _ name: String = "all", cap: Double, _ change: (inout BudgetLimits) -> Void = { _ in }
    ) -> BudgetLimits {
        var limits = BudgetLimits(name: name, cap: units(cap))
        change(&limits)
        return limits
    }

    static func book(
        _ limits: [BudgetLimits], partitions: Int = 1, owned: [Int] = [0]
    ) throws -> BudgetBook {
        var book = try BudgetBook(limits, partitions: partitions, now: start)
        book.own(owned, now: start)
        return book
    }

    private func buy(_ book: inout BudgetBook, _ price: Double) -> BudgetReservation? {
        book.reserve(
            partition: 0, Self.subject, estimate: Self.units(price), now: Self.start)
    }

    private func answer(
        _ book: inout BudgetBook, _ price: Double = 1, worth: CallWorth = .weighed,
        draw: Double = 0.5
    ) -> BudgetAnswer {
        book.decide(
            partition: 0, Self.subject, estimate: Self.units(price), worth: worth, draw: draw)
    }

    @Test("spends its cap to the last millionth and no further")
    func cap() throws {
        var book = try Self.book([Self.limits(cap: 1)])
        #expect(buy(&book, 0.999_999) != nil)
        #expect(buy(&book, 0.000_002) == nil)
        #expect(buy(&book, 0.000_001) != nil)
        #expect(answer(&book, 0.000_001).outcome == .exhausted)
        #expect(answer(&book, -1).outcome == .exhausted)
    }

    @Test("charges a call to every budget whose scope covers it, in all or in none")
    func scopes() throws {
        var book = try Self.book([
            Self.limits("all", cap: 10),
            Self.limits("b", cap: 10) { $0.scope = BudgetScope(tenant: "b") },
            Self.limits("a-d", cap: 3) { $0.scope = BudgetScope(tenant: "a", device: "d") },
            Self.limits("m", cap: 10) { $0.scope = BudgetScope(model: "m") },
        ])
        #expect(buy(&book, 3)?.budgets == 0b1101)
        #expect(buy(&book, 1) == nil)
        #expect(book.canReserve(partition: 0, Self.subject, estimate: Self.units(1)) == 2)
        #expect(book.standing(of: 0, partition: 0)?.reserved == Self.units(3))
        let other = BudgetSubject(tenant: "b", model: "n", device: "e")
        #expect(
            book.reserve(partition: 0, other, estimate: Self.units(4), now: Self.start)?.budgets
                == 0b0011)
    }

    @Test("gives back what a call cost less, and counts what it cost more")
    func settling() throws {
        var book = try Self.book([Self.limits(cap: 10)])
        let first = try #require(buy(&book, 6))
        #expect(book.settle(first, actual: Self.units(2)) == .zero)
        let second = try #require(buy(&book, 8))
        #expect(book.settle(second, actual: Self.units(9.5)) == Self.units(1.5))
        #expect(answer(&book, 0).outcome == .exhausted)
        var other = try Self.book([Self.limits(cap: 10)])
        let third = try #require(buy(&other, 10))
        other.release(third)
        #expect(buy(&other, 10) != nil)
    }

    @Test("begins anew with each window, and settles what began in the last one")
    func windows() throws {
        var book = try Self.book([Self.limits(cap: 10) { $0.window = .hour }])
        let old = try #require(buy(&book, 10))
        let next = Self.start + .seconds(3_600 as Int64)
        book.advance(to: next - .microseconds(1))
        #expect(answer(&book).outcome == .exhausted)
        book.advance(to: next)
        #expect(answer(&book).isAffordable)
        // Cheaper than expected: the last window's business. Dearer: this one's.
        book.settle(old, actual: Self.units(4))
        #expect(book.standing(of: 0, partition: 0)?.settled == .zero)
        book.settle(old, actual: Self.units(12))
        #expect(book.standing(of: 0, partition: 0)?.settled == Self.units(2))
        book.advance(to: Self.start)
        #expect(book.standing(of: 0, partition: 0)?.settled == Self.units(2))
    }

    @Test(
        "aligns windows to the epoch in UTC",
        arguments: [
            (BudgetWindow.hour, 490_152, 1_764_547_200), (.day, 20_423, 1_764_547_200),
            (.week, 2_917, 1_764_201_600),
        ] as [(BudgetWindow, Int64, Int64)])
    func alignment(window: BudgetWindow, number: Int64, seconds: Int64) throws {
        #expect(window.number(at: Self.start) == number)
        let bounds = try #require(window.bounds(of: number))
        #expect(bounds.start.milliseconds == seconds * 1_000)
        #expect(window.number(at: bounds.end - .microseconds(1)) == number)
        #expect(window.number(at: bounds.end) == number + 1)
    }

    @Test("splits a cap over partitions without losing or inventing a millionth")
    func shares() throws {
        for partitions in [1, 3, 7, 8, 64] {
            let book = try Self.book(
                [Self.limits(cap: 10)], partitions: partitions, owned: Array(0..<partitions))
            let sum = (0..<partitions).reduce(Money.zero) {
                $0 + (book.standing(of: 0, partition: $1)?.share ?? .zero)
            }
            #expect(sum <= Self.units(10))
            #expect(sum > Self.units(10) - Money(millionths: Int64(partitions)))
        }
    }

    @Test("refuses under a new cap until all partitions are known to live under it")
    func confirmation() throws {
        var book = try Self.book([Self.limits(cap: 8)], partitions: 2)
        #expect(answer(&book, 4).isAffordable)
        try book.adopt([
            Self.limits(cap: 6) {
                $0.version = 7
            }
        ])
        #expect(answer(&book, 1).outcome == .unconfirmed)
        // The other has spent four of its three: its debt of one is held back here.
        var ask = LeaseMessage(.ask, "all", from: 1)
        ask.window = 20_423
        ask.parts = 500_000_000_000
        ask.spent = 4_000_000
        ask.cap = 6_000_000
        ask.at = Self.start
        ask.version = 6
        book.follow(ask)
        book.advance(to: Self.start)
        #expect(answer(&book, 1).outcome == .unconfirmed)
        ask.version = 7
        book.follow(ask)
        book.advance(to: Self.start)
        #expect(answer(&book, 2).isAffordable)
        #expect(answer(&book, 2.000_001).outcome == .unconfirmed)
        // A heartbeat pays it.
        book.tick(now: Self.start)
        let paid = book.takeEntries().compactMap { entry -> LeaseMessage? in
            guard case .lease(let message) = entry, message.kind == .credit else { return nil }
            return message
        }
        #expect(paid.count == 1 && (paid.first?.parts ?? 0) >= 166_666_666_666)
    }

    @Test("does not fall back to an older cap, nor let a raise double what is gone")
    func versions() throws {
        var book = try Self.book([Self.limits(cap: 8)])
        _ = buy(&book, 5)
        try book.adopt([Self.limits(cap: 4) { $0.version = 2 }])
        #expect(answer(&book, 0).outcome == .exhausted)
        try book.adopt([Self.limits(cap: 100) { $0.version = 1 }])
        #expect(answer(&book, 0).outcome == .exhausted)
        try book.adopt([Self.limits(cap: 6) { $0.version = 3 }])
        #expect(answer(&book, 1).isAffordable && !answer(&book, 1.1).isAffordable)
        try book.adopt([])
        #expect(answer(&book, 1_000).isAffordable)
        try book.adopt([Self.limits(cap: 6) { $0.version = 3 }, Self.limits("new", cap: 0.5)])
        #expect(answer(&book, 1).budget == 1)
    }

    @Test("comes back from its changelog as it was, and forgets what was not committed")
    func restoring() throws {
        var book = try Self.book([Self.limits(cap: 8)], partitions: 2, owned: [0, 1])
        let first = try #require(buy(&book, 3))
        book.settle(first, actual: Self.units(2))
        _ = buy(&book, 1)
        book.tick(now: Self.start + .seconds(1 as Int64))
        let entries = book.takeEntries()
        let before = book.standing(of: 0, partition: 0)
        _ = buy(&book, 1)
        book.reset()
        #expect(book.standing(of: 0, partition: 0) == nil)
        #expect(answer(&book).outcome == .unconfirmed)
        book.own([0, 1], now: Self.start)
        for case .account(let partition, let message) in entries {
            book.restore(message, partition: partition)
        }
        for case .lease(let message) in entries { book.follow(message) }
        let after = book.standing(of: 0, partition: 0)
        #expect(after?.settled == before?.settled && after?.reserved == before?.reserved)
        #expect(after?.share == before?.share)
    }

    @Test("buys an exploration share alone while stopped, and states its chance")
    func stopLoss() throws {
        var book = try Self.book([Self.limits(cap: 8) { $0.hasStopLoss = true }])
        for verdict in [EvidenceVerdict.noBetter, .worse, .undecided, .noBetter, .noBetter] {
            book.observe(verdict)
            #expect(answer(&book).probability == 1)
        }
        book.observe(.noBetter)
        #expect(book.isStopped(0))
        #expect(answer(&book, draw: 0.5).outcome == .stopped)
        #expect(answer(&book, draw: 0.019).isAffordable)
        #expect(answer(&book, draw: 0.5).probability == 0.02)
        for _ in 0..<5 { book.observe(.undecided) }
        for _ in 0..<2 { book.observe(.better) }
        #expect(book.isStopped(0))
        book.observe(.better)
        #expect(!book.isStopped(0))
    }

    @Test("refuses limits that cannot work, naming the value and what is allowed")
    func validation() throws {
        let wrong: [([BudgetLimits], String)] = [
            ([Self.limits("a b", cap: 1)], "'a b'"), ([Self.limits("", cap: 1)], "''"),
            ([Self.limits(cap: -1)], "is -1"),
            ([Self.limits(cap: 1), Self.limits(cap: 1)], "'all' twice"),
            (
                [
                    Self.limits(cap: 1) {
                        $0.window = .total
                        $0.isPaced = true
                    }
                ], "pacing"
            ),
        ]
        for (limits, words) in wrong {
            let error = #expect(throws: PolicyError.self) {
                try BudgetBook(limits, partitions: 1, now: Self.start)
            }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
        var book = try Self.book([Self.limits(cap: 1)])
        #expect(throws: PolicyError.self) {
            try book.adopt([Self.limits(cap: 1) { $0.window = .hour }])
        }
        #expect(answer(&book).isAffordable)
    }
}
