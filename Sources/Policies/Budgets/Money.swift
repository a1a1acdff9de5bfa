/// An amount in whole millionths of the price book's currency: sums are exact.
///
/// Sums that would overflow stop at the largest amount: a bill that large is refused by any budget.
public struct Money: Hashable, Comparable, Sendable {
    public var millionths: Int64

    @inlinable
    public init(millionths: Int64) { self.millionths = millionths }

    public static let zero = Money(millionths: 0)
    /// 9.2 trillion units of the currency.
    public static let maximum = Money(millionths: .max)

    /// An estimate as an amount: rounded up, so that what is set aside is never too little.
    ///
    /// Binary fractions are taken for the decimal that they stand for: 0.07 is 70,000 millionths,
    /// not 70,001. Not a number is the largest amount: it is refused rather than given away.
    public init(roundingUp amount: Double) {
        let scaled = amount * 1e6
        guard scaled < 9.2e18 else {
            self = .maximum
            return
        }
        guard scaled > -9.2e18 else {
            self = scaled.isNaN ? .maximum : Money(millionths: -.max)
            return
        }
        let nearest = scaled.rounded()
        // Two units in the last place: what one product and one sum of decimals are off by.
        let isWhole = abs(scaled - nearest) <= 2 * scaled.ulp
        self.init(millionths: Int64(isWhole ? nearest : scaled.rounded(.up)))
    }

    /// Units of the currency, for display and for rules that weigh a price against a value.
    public var units: Double { Double(millionths) / 1e6 }

    @inlinable
    public static func < (left: Money, right: Money) -> Bool { left.millionths < right.millionths }

    @inlinable
    public static func + (left: Money, right: Money) -> Money {
        let (sum, overflow) = left.millionths.addingReportingOverflow(right.millionths)
        return overflow
            ? Money(millionths: right.millionths < 0 ? -.max : .max)
            : Money(millionths: sum)
    }

    @inlinable
    public static func - (left: Money, right: Money) -> Money {
        let (rest, overflow) = left.millionths.subtractingReportingOverflow(right.millionths)
        return overflow
            ? Money(millionths: right.millionths > 0 ? -.max : .max)
            : Money(millionths: rest)
    }

    @inlinable public static func += (left: inout Money, right: Money) { left = left + right }
    @inlinable public static func -= (left: inout Money, right: Money) { left = left - right }

    /// `parts` of `whole` of this amount, rounded down.
    ///
    /// - Precondition: the amount and `parts` are not negative, and `parts` ≤ `whole`.
    func share(_ parts: Int64, of whole: Int64) -> Money {
        let product = UInt64(millionths).multipliedFullWidth(by: UInt64(parts))
        return Money(millionths: Int64(UInt64(whole).dividingFullWidth(product).quotient))
    }
}

extension Money: CustomStringConvertible {
    /// Reads `12`, `12.5`, `0.000001`: digits with at most six decimals, no sign.
    ///
    /// - Throws: `PolicyError` naming the text and what is allowed.
    public init(parsing text: String) throws(PolicyError) {
        let refusal = PolicyError(
            setting: "amount", value: "'\(text.prefix(40))'",
            allowed: "digits with at most six decimals, up to 9223372036854, such as 250 or 0.05")
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, parts[0].count <= 13,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let whole = Int64(parts[0])
        else { throw refusal }
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard (1...6).contains(parts[1].count),
                let digits = Int64(parts[1] + String(repeating: "0", count: 6 - parts[1].count))
            else { throw refusal }
            fraction = digits
        }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowed) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !overflowed else { throw refusal }
        self.init(millionths: sum)
    }

    /// `12`, `12.5`, `-0.000001`: no more decimals than it takes.
    public var description: String {
        let magnitude = millionths.magnitude
        let whole = (millionths < 0 ? "-" : "") + String(magnitude / 1_000_000)
        var fraction = magnitude % 1_000_000
        guard fraction > 0 else { return whole }
        var digits = 6
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        let text = String(fraction)
        return whole + "." + String(repeating: "0", count: digits - text.count) + text
    }
}
