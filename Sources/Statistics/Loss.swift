import Glibc

/// Losses of one score against one label, for `PairedSequentialTest`.
public enum Loss {
    /// Squared error, 0…1 for scores 0…1.
    public static func brier(score: Double, label: Bool) -> Double {
        let error = score - (label ? 1 : 0)
        return error * error
    }

    /// 1 for the wrong class, else 0.
    public static func zeroOne(score: Double, label: Bool, threshold: Double = 0.5) -> Double {
        (score >= threshold) == label ? 0 : 1
    }
}

enum LogLoss {
    /// −log of the probability given to the label, in nats; clipped so that one sure error stays
    /// finite.
    static func value(score: Double, label: Bool) -> Double {
        let clipped = min(max(score, 1e-15), 1 - 1e-15)
        return label ? -log(clipped) : -log1p(-clipped)
    }
}
