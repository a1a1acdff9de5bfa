import Glibc

/// What is believed of flips before any pair was compared.
public struct FlipPrior: Equatable, Sendable {
    /// How likely a flip is, by the classical score's distance to the threshold.
    public enum Shape: Equatable, Sendable {
        /// The quantum log-odds are the classical ones plus normal noise of standard deviation
        /// `scale`: P(flip) = Φ(−|distance| / scale), a half on the threshold and falling on both
        /// sides.
        case normal(scale: Double)
        /// Classical scores within the band flip for certain, and rightly; others never. Nothing is
        /// learnt: this is the plain uncertainty band.
        case band(ClosedRange<Double>)
    }

    /// Whether a flip is right, before labels come.
    public enum Trust: Equatable, Sendable {
        /// The quantum verdict knows no more than the classical score says of itself: P(right) =
        /// 1/(1 + e^|distance|), the chance that a calibrated classical decision is wrong. A call is
        /// then never worth its price until labels show otherwise.
        case sceptical
        /// P(right) of this much at any distance, 0…1; 1 takes every flip for a correction.
        case constant(Double)
    }

    public var shape: Shape
    public var trust: Trust
    /// Pairs that `shape` counts as; above 0.
    public var flipStrength: Double
    /// Labelled flips that `trust` counts as; above 0, infinite for never learning from labels.
    public var trustStrength: Double

    public init(
        shape: Shape = .normal(scale: 1), trust: Trust = .sceptical, flipStrength: Double = 4,
        trustStrength: Double = 2
    ) {
        self.shape = shape
        self.trust = trust
        self.flipStrength = flipStrength
        self.trustStrength = trustStrength
    }

    /// - Throws: `PolicyError` naming the first field out of range.
    public func validate() throws(PolicyError) {
        switch shape {
        case .normal(let scale):
            try PolicyError.require(
                scale > 0 && scale <= 100, "flipScale", scale, "above 0, at most 100 log-odds")
        case .band(let band):
            try PolicyError.require(
                band.lowerBound >= 0 && band.upperBound <= 1, "uncertaintyBand", "\(band)",
                "within 0…1")
        }
        if case .constant(let probability) = trust {
            try PolicyError.require(
                (0...1).contains(probability), "flipTrust", probability, "0…1")
        }
        try PolicyError.require(
            flipStrength > 0 && flipStrength.isFinite, "flipStrength", flipStrength,
            "above 0 and finite")
        try PolicyError.require(trustStrength > 0, "trustStrength", trustStrength, "above 0")
    }

    /// P(flip) at a distance; a band has no distances and is looked at by score.
    func flip(at distance: Double) -> Double {
        guard case .normal(let scale) = shape else { return 1 }
        return NormalDistribution.cumulative(-abs(distance) / scale)
    }

    /// P(right | flip) at a distance.
    func right(at distance: Double) -> Double {
        switch trust {
        case .sceptical: Logistic.value(-abs(distance))
        case .constant(let probability): probability
        }
    }
}
