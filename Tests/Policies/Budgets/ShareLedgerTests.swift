import Contracts
import Determinism
import Policies
import Testing

@Suite("Shares of a limit")
struct ShareLedgerTests {
    static let start = Timestamp(milliseconds: 1_764_547_200_000)
    static let skew = TimeSpan.seconds(2 as Int64)
    static let end = start + .seconds(10 as Int64)

    private func ledger(_ owned: [Int]) throws -> ShareLedger {
        var ledger = try ShareLedger("rate", partitions: 4, clockSkew: Self.skew)
        ledger.own(owned)
        return ledger
    }

    private func quarter(_ parts: Int64) -> Double {
        Double(parts) / Double(ShareLedger.whole) * 4
    }

    private func lend(_ lender: inout ShareLedger, _ parts: Double) -> LeaseMessage? {
        lender.cede(
            Int64(parts * Double(ShareLedger.whole) / 4), from: 0, to: 3, until: Self.end,
            now: Self.start)
    }

    @Test("are lent until an instant: the borrower stops a clock's difference before the lender")
    func loan() throws {
        var (lender, borrower) = (try ledger([0, 1]), try ledger([2, 3]))
        let message = try #require(lend(&lender, 0.5))
        #expect(quarter(lender.parts(now: Self.start)) == 1.5)
        #expect(quarter(borrower.parts(now: Self.start)) == 2)
        borrower.follow(message)
        #expect(quarter(borrower.parts(now: Self.end - Self.skew - .microseconds(1))) == 2.5)
        #expect(quarter(borrower.parts(now: Self.end - Self.skew)) == 2)
        #expect(quarter(lender.parts(now: Self.end - .microseconds(1))) == 1.5)
        #expect(quarter(lender.parts(now: Self.end)) == 2)
    }

    @Test(
        "bind whoever owns the lending partition next, and not one whose loan was never committed")
    func hands() throws {
        var lender = try ledger([0, 1])
        let message = try #require(lend(&lender, 0.5))
        lender.reset()
        lender.own([0, 1])
        #expect(quarter(lender.parts(now: Self.start)) == 2)
        var next = try ledger([0])
        next.restore(message)
        #expect(quarter(next.parts(now: Self.start)) == 0.5)
        // Both sides in one hand.
        next.own([3])
        #expect(quarter(next.parts(now: Self.start)) == 2)
    }

    @Test("are not lent twice, cut short, or to no use")
    func refusals() throws {
        var lender = try ledger([0, 1])
        _ = try #require(lend(&lender, 0.7))
        #expect(lend(&lender, 0.5) == nil)
        #expect(lend(&lender, 1.1) == nil)
        let rest = { (to: Int, quarters: Double, ledger: inout ShareLedger) in
            ledger.cede(
                Int64(quarters * Double(ShareLedger.whole) / 4), from: 0, to: to, until: Self.end,
                now: Self.start)
        }
        #expect(rest(2, 0.4, &lender) == nil)
        #expect(rest(2, 0.2, &lender) != nil)
        #expect(
            lender.cede(1, from: 1, to: 2, until: Self.start + Self.skew, now: Self.start) == nil)
        #expect(lender.cede(1, from: 3, to: 2, until: Self.end, now: Self.start) == nil)
        // A longer one of the same size takes its place.
        #expect(lend(&lender, 0.7) != nil)
    }

    @Test("divide slots, rates and bursts without going over")
    func division() throws {
        let limit = try RateLimit(tokens: 1, per: .seconds(10 as Int64), burst: 9)
        var (slots, burst, rate) = (0, Int64(0), 0.0)
        for owned in [[0], [1, 2], [3]] {
            let ledger = try ledger(owned)
            slots += ledger.slots(of: 10, now: Self.start)
            let share = try #require(ledger.rate(of: limit, now: Self.start))
            burst += share.burst
            rate += share.tokensPerSecond
        }
        #expect(slots == 9 && burst == 8)
        #expect(rate <= 0.1 && rate > 0.099)
        #expect(try ledger([0, 1, 2, 3]).rate(of: limit, now: Self.start) == limit)
        let single = try RateLimit(tokens: 5, burst: 1)
        #expect(try ledger([0]).rate(of: single, now: Self.start) == nil)
    }

    @Test("lend what is idle to those in want, and keep a reserve")
    func loans() throws {
        let ledger = try ledger([0])
        let quarter = Double(ShareLedger.whole / 4)
        let loans = ledger.loans(from: 0, use: [0.2, 1.4, 0.5, 1])
        #expect(loans.map(\.to) == [1, 3])
        #expect(loans.allSatisfy { abs(Double($0.parts) - 0.35 * quarter) < 2 })
        #expect(ledger.loans(from: 0, use: [0, 2, 0, 0]).map(\.parts) == [Int64(0.9 * quarter)])
        #expect(ledger.loans(from: 0, use: [0.7, 2, 0, 0]).isEmpty)
        #expect(ledger.loans(from: 0, use: [0, 0.9, 0, 0]).isEmpty)
    }
}
