import Contracts
import Determinism
import Policies
import Testing

@Suite("Transfers of a budget")
struct TransferTests {
    private func standing(
        _ partition: Int, _ rights: Double, demand: Double, isOpen: Bool = true
    ) -> TransferPolicy.Standing {
        TransferPolicy.Standing(
            partition: partition, rights: Money(roundingUp: rights), demand: demand, isOpen: isOpen)
    }

    private let cap = Money(millionths: 40_000_000)

    @Test("go to where the demand is, in proportion to it")
    func proportion() {
        let standings = [
            standing(0, 10, demand: 0), standing(1, 10, demand: 3), standing(2, 10, demand: 1),
            standing(3, 10, demand: 0),
        ]
        let (first, last) = (
            TransferPolicy.grants(from: 0, standings, cap: cap),
            TransferPolicy.grants(from: 3, standings, cap: cap)
        )
        // Partition 2 has its quarter of the demand already.
        #expect(first == last && first.count == 1 && first[0].to == 1)
        #expect(abs(first[0].amount.units - 9.85) < 0.1)
        #expect(TransferPolicy.grants(from: 1, standings, cap: cap).isEmpty)
    }

    @Test("pay debts first, each donor its part")
    func debts() {
        let standings = [
            standing(0, 6, demand: 1), standing(1, -3, demand: 0), standing(2, 3, demand: 1),
        ]
        let first = TransferPolicy.grants(from: 0, standings, cap: cap)
        let second = TransferPolicy.grants(from: 2, standings, cap: cap)
        #expect(first.map(\.to) == [1] && second.map(\.to) == [1])
        #expect(first.map(\.amount.millionths) == [2_000_000])
        #expect(second.map(\.amount.millionths) == [1_000_000])
    }

    @Test("do not answer a report twice, nor move for demand that wavers or is not there")
    func quiet() {
        let even = (0..<4).map { standing($0, 10, demand: $0 == 0 ? 0.95 : 1.02) }
        #expect(TransferPolicy.grants(from: 0, even, cap: cap).isEmpty)
        let none = (0..<4).map { standing($0, Double($0), demand: 0) }
        #expect(TransferPolicy.grants(from: 3, none, cap: cap).isEmpty)
        let answered = [standing(0, 10, demand: 0), standing(1, 0, demand: 1, isOpen: false)]
        #expect(TransferPolicy.grants(from: 0, answered, cap: cap).isEmpty)
    }

    @Test("never give more than the donor has, whatever is reported")
    func bounds() {
        var random = RandomStream(seed: 17)
        for _ in 0..<2_000 {
            let count = 2 + Int(random.next() % 9)
            let standings = (0..<count).map {
                standing($0, random.uniform() * 30 - 10, demand: random.uniform() * 5)
            }
            for donor in 0..<count {
                let grants = TransferPolicy.grants(from: donor, standings, cap: cap)
                let sum = grants.reduce(Money.zero) { $0 + $1.amount }
                #expect(sum <= max(.zero, standings[donor].rights))
                #expect(grants.allSatisfy { $0.amount > .zero && $0.to != donor })
            }
        }
    }

    private func credit(_ parts: Int, window: Int = 20_423) -> LeaseMessage {
        var message = LeaseMessage(.credit, "all", from: 1, to: 0)
        message.parts = parts
        message.window = window
        return message
    }

    @Test("are taken once however often and in whatever order their credits come")
    func totals() throws {
        var book = try BudgetBookTests.book(
            [BudgetBookTests.limits(cap: 10)], partitions: 2)
        let share = { (book: BudgetBook) in book.standing(of: 0, partition: 0)?.share.units }
        #expect(share(book) == 5)
        for parts in [100_000_000_000, 300_000_000_000, 100_000_000_000, 300_000_000_000] {
            book.follow(credit(parts))
        }
        #expect(share(book) == 8)
        // Credits of other windows are not for this one.
        book.follow(credit(500_000_000_000, window: 20_422))
        #expect(share(book) == 8)
        book.follow(credit(100_000_000_000, window: 20_424))
        book.advance(to: BudgetBookTests.start + .seconds(86_400 as Int64))
        #expect(share(book) == 6)
    }

    @Test("leave the donor what it has set aside")
    func donor() throws {
        var book = try BudgetBookTests.book(
            [BudgetBookTests.limits(cap: 10)], partitions: 2, owned: [0])
        _ = book.reserve(
            partition: 0, BudgetBookTests.subject, estimate: Money(millionths: 4_000_001),
            now: BudgetBookTests.start)
        var ask = LeaseMessage(.ask, "all", from: 1)
        ask.window = 20_423
        ask.parts = 500_000_000_000
        ask.spent = 5_000_000
        ask.cap = 10_000_000
        ask.demand = 1_000
        ask.at = BudgetBookTests.start
        book.follow(ask)
        book.tick(now: BudgetBookTests.start + .seconds(1 as Int64))
        let standing = try #require(book.standing(of: 0, partition: 0))
        #expect(standing.share >= standing.reserved && standing.share.units < 4.2)
        let accounts = book.takeEntries().compactMap { entry -> BudgetStateMessage? in
            guard case .account(_, let message) = entry else { return nil }
            return message
        }
        #expect((accounts.first?.granted[1] ?? 0) > 90_000_000_000)
    }
}
