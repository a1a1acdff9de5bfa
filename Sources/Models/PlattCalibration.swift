/// Platt's calibration of a logit: score = sigmoid(slope · logit + offset).
///
/// J. Platt, "Probabilistic outputs for support vector machines" (1999).
public struct PlattCalibration: Codable, Sendable, Equatable {
    /// Above 0, so that calibration keeps the order of records.
    public let slope: Double
    public let offset: Double

    public static let identity = PlattCalibration(uncheckedSlope: 1, offset: 0)

    /// - Throws: `ModelBundleError.invalid` when the slope is not above 0 or a value is not finite.
    public init(slope: Double, offset: Double) throws(ModelBundleError) {
        self.init(uncheckedSlope: slope, offset: offset)
        try validate("platt")
    }

    private init(uncheckedSlope slope: Double, offset: Double) {
        self.slope = slope
        self.offset = offset
    }

    /// The calibrated log-odds.
    public func logit(_ logit: Double) -> Double { slope * logit + offset }

    /// The calibrated score, strictly between 0 and 1.
    public func score(_ logit: Double) -> Double {
        LogisticModel.open(sigmoid(self.logit(logit)))
    }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.positive(slope, "\(field).slope")
        try Require.finite(offset, "\(field).offset")
    }
}
