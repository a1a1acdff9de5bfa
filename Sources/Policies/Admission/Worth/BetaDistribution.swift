import Glibc

/// The beta distribution: what is known of a probability after some successes and failures.
enum BetaDistribution {
    /// P(X ≤ x): the regularised incomplete beta function, by its continued fraction in Lentz's form
    /// (Press, Teukolsky, Vetterling and Flannery, "Numerical Recipes", 3rd ed., 2007, section 6.4).
    ///
    /// - Parameters:
    ///   - a, b: above 0.
    static func cumulative(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
        return x < (a + 1) / (a + b + 2)
            ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b
    }

    /// The x with P(X ≤ x) = p, to 1e-9, by bisection: it is called per bin, not per record.
    static func quantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
        if p <= 0 { return 0 }
        if p >= 1 { return 1 }
        var (low, high) = (0.0, 1.0)
        while high - low > 1e-9 {
            let middle = (low + high) / 2
            if cumulative(middle, a, b) < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / kept(1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1...500 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / kept(1 + even * d)
            c = kept(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / kept(1 + odd * d)
            c = kept(1 + odd / c)
            result *= d * c
            if abs(d * c - 1) < 1e-14 { break }
        }
        return result
    }
}
