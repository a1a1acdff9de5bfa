import Glibc

/// The standard normal distribution.
public enum NormalDistribution {
    /// Φ(x), through the complementary error function: Φ(x) = erfc(−x/√2)/2; accurate in both
    /// tails.
    public static func cumulative(_ x: Double) -> Double {
        0.5 * erfc(-x * 0.707_106_781_186_547_5)
    }

    /// Φ⁻¹(p): algorithm AS 241 (PPND16) of Wichura, "The percentage points of the normal
    /// distribution", Applied Statistics 37 (1988), relative accuracy about 1e-16.
    ///
    /// - Parameter p: a probability; 0 gives −∞, 1 gives ∞, anything outside 0…1 NaN.
    public static func quantile(_ p: Double) -> Double {
        guard p > 0, p < 1 else { return p == 0 ? -.infinity : (p == 1 ? .infinity : .nan) }
        let q = p - 0.5
        if abs(q) <= 0.425 { return q * central(0.180625 - q * q) }
        let r = (-log(q < 0 ? p : 1 - p)).squareRoot()
        let magnitude = r <= 5 ? tail(r - 1.6) : farTail(r - 5)
        return q < 0 ? -magnitude : magnitude
    }

    private static func central(_ r: Double) -> Double {
        let upper =
            (((((((2_509.0809287301226727 * r + 33_430.575583588128105) * r
                + 67_265.770927008700853) * r + 45_921.953931549871457) * r
                + 13_731.693765509461125) * r + 1_971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.3871328727963666080)
        let lower =
            (((((((5_226.4952788528545610 * r + 28_729.085735721942674) * r
                + 39_307.895800092710610) * r + 21_213.794301586595867) * r
                + 5_394.1960214247511077) * r + 687.18700749205790830) * r
                + 42.313330701600911252) * r + 1)
        return upper / lower
    }

    private static func tail(_ r: Double) -> Double {
        let upper =
            (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r
                + 2.41780725177450611770e-1) * r + 1.27045825245236838258) * r
                + 3.64784832476320460504) * r + 5.76949722146069140550) * r
                + 4.63033784615654529590) * r + 1.42343711074968357734)
        let lower =
            (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
                + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r
                + 2.05319162663775882187) * r + 1)
        return upper / lower
    }

    private static func farTail(_ r: Double) -> Double {
        let upper =
            (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r
                + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r
                + 5.46378491116411436990) * r + 6.65790464350110377720)
        let lower =
            (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
                + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
                + 5.99832206555887937690e-1) * r + 1)
        return upper / lower
    }
}
