import Contracts
import Determinism
import Foundation
import Policies
import Testing

@Suite("Pacing")
struct PacingTests {
    enum Arrivals: String, CaseIterable, Sendable {
        case steady, diurnal, bursty
    }

    static let cap = Money(millionths: 2_000_000_000)
    static let price = Money(millionths: 400_000)
    static let day = Timestamp(milliseconds: 1_764_547_200_000)

    /// The fixture's rows as the demo sends them, in turn: what a second look at each is worth. The
    /// classical score is a logistic curve of the first column, most of what the baseline uses; near
    /// the threshold a verdict may flip, which saves or costs 20 units.
    static func worths() throws -> [Double] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "fixtures/breast-cancer/test.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
        let radii = lines.dropFirst().compactMap { line in
            line.split(separator: ",").first.flatMap { Double($0) }
        }
        try #require(radii.count > 100)
        return radii.map { radius in
            let score = 1 / (1 + exp(-(radius - 14.6)))
            return 20 * score * (1 - score)
        }
    }

    /// Records per second around a mean of 2.
    static func rate(_ arrivals: Arrivals, at seconds: Double) -> Double {
        switch arrivals {
        case .steady: 2
        case .diurnal: 2 + 1.6 * sin(2 * .pi * seconds / 86_400)
        // Every quarter of an hour two minutes at ten times the rate of the rest.
        case .bursty: seconds.truncatingRemainder(dividingBy: 900) < 120 ? 9.1 : 0.91
        }
    }

    struct Outcome {
        var spent = 0.0
        /// As a share of the cap, positive ahead of the line; and when, in hours.
        var largestDeviation = 0.0
        var at = 0.0
        var value = 0.0
        var calls = 0
    }

    /// A day in steps of five seconds over eight partitions of uneven traffic, owned by one book.
    static func day(_ arrivals: Arrivals, knowsWorth: Bool, seed: UInt64) throws -> Outcome {
        var limits = BudgetLimits(name: "daily", cap: cap)
        limits.isPaced = true
        var book = try BudgetBook([limits], partitions: 8, now: day)
        book.own(0..<8, now: day)
        let worths = try worths()
        let subject = BudgetSubject(tenant: "a", model: "m", device: "d")
        var random = RandomStream(seed: seed)
        var outcome = Outcome()
        var row = 0
        for second in stride(from: 0, to: 86_400, by: 5) {
            let now = day + .seconds(second)
            book.tick(now: now)
            let mean = rate(arrivals, at: Double(second))
            for _ in 0..<poisson(5 * mean, &random) {
                // Two partitions have most of the traffic.
                let partition = Int(8 * pow(random.uniform(), 2.5))
                let worth = worths[row % worths.count]
                row += 1
                let answer = book.decide(
                    partition: partition, subject, estimate: price,
                    worth: knowsWorth ? .expected(worth) : .unknown, draw: random.uniform())
                guard answer.isAffordable,
                    let held = book.reserve(
                        partition: partition, subject, estimate: price, now: now)
                else { continue }
                book.settle(held, actual: price)
                outcome.spent += price.units
                outcome.value += worth
                outcome.calls += 1
            }
            let line = cap.units * Double(second + 5) / 86_400
            let deviation = (outcome.spent - line) / cap.units
            if abs(deviation) > abs(outcome.largestDeviation) {
                outcome.largestDeviation = deviation
                outcome.at = Double(second) / 3_600
            }
        }
        return outcome
    }

    /// Knuth's method: the mean is small.
    static func poisson(_ mean: Double, _ random: inout RandomStream) -> Int {
        let limit = exp(-mean)
        var product = random.uniform()
        var count = 0
        while product > limit {
            product *= random.uniform()
            count += 1
        }
        return count
    }

    @Test(
        "keeps what is spent within 5 % of an even burn all day long",
        arguments: Arrivals.allCases, [true, false])
    func evenBurn(arrivals: Arrivals, knowsWorth: Bool) throws {
        let outcome = try Self.day(arrivals, knowsWorth: knowsWorth, seed: 5)
        print(
            "pacing \(arrivals.rawValue), \(knowsWorth ? "by worth" : "by probability"):",
            "spent \(outcome.spent) of \(Self.cap),",
            "largest distance from the line \(outcome.largestDeviation * 100) % of the cap",
            "at hour \(outcome.at),",
            "worth per call \(outcome.value / Double(outcome.calls))")
        #expect(abs(outcome.largestDeviation) < 0.05)
        #expect(outcome.spent > 0.95 * Self.cap.units && outcome.spent <= Self.cap.units)
    }

    @Test("buys what is worth more than draws do at equal spend")
    func selection() throws {
        let (wise, blind) = (
            try Self.day(.diurnal, knowsWorth: true, seed: 6),
            try Self.day(.diurnal, knowsWorth: false, seed: 6)
        )
        #expect(wise.value / Double(wise.calls) > 1.3 * blind.value / Double(blind.calls))
    }
}
