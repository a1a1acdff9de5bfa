internal import Determinism

/// Spreads one account's spending over its window by a shadow price λ that grows while spending runs
/// ahead of an even burn, and falls while it lags behind.
///
/// The dual variable of the budget constraint, updated from what was spent against the target as in
/// Balseiro and Gur, "Learning in repeated auctions with budgets: regret minimization and equilibrium"
/// (Management Science 65(9), 2019), there μ ← P[0, μ̄](μ − ε(ρ − z)). Here the step is multiplicative
/// (on m = ln(1 + λ), so that it is the same share of any price) and has a second term for the
/// distance from the even line, without which lags are never made up:
///
///     m ← P[0, 12](m + 0.05 · (spent in step ⁄ target − 1) + 0.002 · (spent − line) ⁄ target)
///
/// Against steps of 1⁄1440 of a window this is a PI controller of the spending with a period of some
/// 140 steps and a damping near 0.6 where a unit of m changes the spending by a factor e; at half or
/// twice that it is stable too. Beyond that, nothing is bought while more than `slack` of the share
/// lies ahead of the line, whatever it is worth: bursts within a step cannot run away.
struct BudgetPacer: Sendable {
    static let stepsPerWindow: Int64 = 1_440
    static let slack = 0.02
    private static let rateGain = 0.05
    private static let positionGain = 0.002
    private static let largest = 12.0
    /// One step counts as at most so many times its target, and a lag as at most 5 % of the window.
    private static let rateBounds = -1.0...4.0
    private static let positionBounds = -72.0...72.0

    private var pressure = 0.0
    private var step: Int64 = -1
    private var spentBefore = 0.0
    /// What may be spent up to now.
    private(set) var allowance = Money.maximum
    /// Price factor λ: a call is worth it if value − price · (1 + λ) > 0.
    private(set) var lambda = 0.0
    /// The share of calls to buy where no value is known: e⁻ᵐ, as many as would be worth it if values
    /// over prices were Pareto distributed with index 1.
    private(set) var probability = 1.0

    init() {}

    /// The next window's: the price that held at the end of the last one is the best known.
    init(keeping last: BudgetPacer) { set(last.pressure) }

    /// Brings price and allowance to an instant.
    ///
    /// - Parameters:
    ///   - spent: settled and reserved.
    ///   - share: of the window's budget.
    mutating func advance(
        to now: Timestamp, start: Timestamp, length: TimeSpan, spent: Money, share: Money
    ) {
        let elapsed = min(max(0, (now - start).inSeconds / length.inSeconds), 1)
        let line = Double(share.millionths) * elapsed
        let ahead = Double(share.millionths) * Self.slack
        allowance = Money(millionths: Int64(min(line + ahead, Double(share.millionths))))
        let current = Int64(elapsed * Double(Self.stepsPerWindow))
        let spent = Double(spent.millionths)
        guard step >= 0, current >= step else {
            step = current
            spentBefore = spent
            return
        }
        guard current > step else { return }
        let steps = Double(current - step)
        let target = Double(share.millionths) / Double(Self.stepsPerWindow)
        if target > 0 {
            let rate = (spent - spentBefore) / (target * steps) - 1
            let position = (spent - line) / target
            let change =
                Self.rateGain * Self.rateBounds.clamp(rate)
                + Self.positionGain * Self.positionBounds.clamp(position)
            set(pressure + change * min(steps, 72))
        }
        step = current
        spentBefore = spent
    }

    private mutating func set(_ value: Double) {
        pressure = min(max(0, value), Self.largest)
        lambda = Self.exponential(pressure) - 1
        probability = Self.exponential(-pressure)
    }

    /// eˣ by squaring a Taylor polynomial of x⁄256: the same digits on every machine.
    private static func exponential(_ x: Double) -> Double {
        let part = x / 256
        var value = 1 + part * (1 + part / 2 * (1 + part / 3 * (1 + part / 4 * (1 + part / 5))))
        for _ in 0..<8 { value *= value }
        return value
    }
}

extension ClosedRange<Double> {
    fileprivate func clamp(_ value: Double) -> Double {
        Swift.min(Swift.max(lowerBound, value), upperBound)
    }
}
