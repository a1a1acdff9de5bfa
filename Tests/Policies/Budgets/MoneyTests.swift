import Determinism
import Policies
import Testing

@Suite("Money")
struct MoneyTests {
    @Test(
        "rounds estimates up, and takes a decimal for what it says",
        arguments: [
            (0.0, 0), (0.07, 70_000), (1.1, 1_100_000), (0.3 + 0.0009 * 1_000, 1_200_000),
            (1e-7, 1), (0.000_001_4, 2), (2.000_000_1, 2_000_001),
            (1e12, 1_000_000_000_000_000_000),
            (.infinity, .max), (.nan, .max), (1e300, .max), (-1e300, -.max), (-0.5, -500_000),
        ] as [(Double, Int64)])
    func rounding(amount: Double, millionths: Int64) {
        #expect(Money(roundingUp: amount).millionths == millionths)
    }

    @Test("never rounds an estimate down by a millionth")
    func upper() {
        var random = RandomStream(seed: 3)
        for _ in 0..<10_000 {
            let amount = random.uniform() * 1_000
            let money = Money(roundingUp: amount)
            #expect(money.units >= amount - 1e-9 && money.units < amount + 1.000_001e-6)
        }
    }

    @Test("prints what it reads, and reads what it prints")
    func texts() throws {
        for text in ["0", "12", "12.5", "0.000001", "0.05", "9223372036854.775807"] {
            #expect(try Money(parsing: text).description == text)
        }
        #expect(try Money(parsing: "1.500000").description == "1.5")
        #expect(Money(millionths: -1).description == "-0.000001")
        #expect(Money(millionths: .min).description == "-9223372036854.775808")
        var random = RandomStream(seed: 4)
        for _ in 0..<1_000 {
            let money = Money(millionths: Int64(random.next() >> random.next() % 63 >> 1))
            #expect(try Money(parsing: money.description) == money)
        }
    }

    @Test(
        "refuses what is no amount, naming it",
        arguments: [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0000001", "9223372036854.775808",
            "99999999999999", "١", " 1",
        ])
    func refusals(text: String) {
        let error = #expect(throws: PolicyError.self) { try Money(parsing: text) }
        #expect(error?.description.contains("'\(text)'") == true)
    }

    @Test("stops at the largest amount instead of overflowing")
    func overflow() {
        let one = Money(millionths: 1)
        #expect(Money.maximum + one == .maximum)
        #expect(Money.zero - .maximum - one - one == Money(millionths: -.max))
        #expect(one - .maximum < .zero)
    }
}
