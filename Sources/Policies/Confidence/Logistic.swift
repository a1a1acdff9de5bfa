import Glibc

/// The logistic function, without overflow or cancellation at either end.
enum Logistic {
    static func value(_ logit: Double) -> Double {
        if logit >= 0 { return 1 / (1 + exp(-logit)) }
        let odds = exp(logit)
        return odds / (1 + odds)
    }

    /// Its derivative, p · (1 − p), from the smaller tail so that it does not round to 0 early.
    static func slope(_ logit: Double) -> Double {
        let odds = exp(-abs(logit))
        return odds / ((1 + odds) * (1 + odds))
    }
}
