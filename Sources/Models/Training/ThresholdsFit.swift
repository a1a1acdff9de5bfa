extension ConfidenceThresholds {
    /// The defaults, with the uncertainty band set from where the baseline errs.
    ///
    /// The band is symmetric in log-odds about one half and as narrow as holds 95 % of the
    /// baseline's out-of-fold errors: outside it a quantum call could change little. It is kept
    /// between 0.4…0.6 and 0.01…0.99, and is 0.2…0.8 when the baseline made no error.
    static func fit(
        outOfFoldLogits logits: [Double], labels: [Int]
    ) throws(ModelBundleError) -> ConfidenceThresholds {
        let errors = zip(logits, labels)
            .filter { ($0.0 >= 0) != ($0.1 == 1) }
            .map(\.0.magnitude)
            .sorted()
        let high: Double
        if errors.isEmpty {
            high = 0.8
        } else {
            let index = min(Int((0.95 * Double(errors.count)).rounded(.up)), errors.count) - 1
            high = min(max(sigmoid(errors[index]), 0.6), 0.99)
        }
        return try ConfidenceThresholds(uncertaintyBandLow: 1 - high, uncertaintyBandHigh: high)
    }
}
