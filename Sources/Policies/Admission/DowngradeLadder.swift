import Determinism

/// What admission tries when no device can do all that is asked: fewer shots, a simpler circuit, a
/// cheaper device, a simulator, and then the classical score.
public struct DowngradeLadder: Equatable, Sendable {
    /// Shares of the shots to try, descending, each above 0 and below 1; at most three.
    public var shotShares: [Double] = []
    /// Never fewer shots than these, unless fewer were asked for.
    public var minimumShots = 1
    /// Whether a model's simpler circuit is tried after fewer shots, on devices where it takes less
    /// time or money than the model's own.
    public var allowsSimplerCircuit = false
    /// Devices below this fidelity are tried as `cheaperDevice` only, 0…1.
    public var minimumFidelity = 0.0

    public static let maximumShotShares = 3

    public init() {}

    func validate() throws(PolicyError) {
        let isDescending = zip(shotShares, shotShares.dropFirst()).allSatisfy { $0 > $1 }
        try PolicyError.require(
            shotShares.count <= Self.maximumShotShares && isDescending
                && shotShares.allSatisfy { $0 > 0 && $0 < 1 }, "shotShares", "\(shotShares)",
            "at most \(Self.maximumShotShares), descending, above 0 and below 1")
        try PolicyError.require(minimumShots >= 1, "minimumShots", minimumShots, "1 or more")
        try PolicyError.require(
            (0...1).contains(minimumFidelity), "minimumFidelity", minimumFidelity, "0…1")
    }
}

/// What is weighed when several devices fit: each in the unit of prices, the least sum wins, and of
/// equals the device that stands first.
public struct DeviceWeights: Equatable, Sendable {
    /// λ: on top of a price, what spending it now takes from later records.
    public var shadowPrice = 0.0
    /// What a second until the result is worth.
    public var perSecond = 0.0
    /// What going from certain error to none is worth.
    public var fidelity = 0.0

    public init() {}

    func validate() throws(PolicyError) {
        for (name, weight) in [
            ("shadowPrice", shadowPrice), ("perSecond", perSecond), ("fidelity", fidelity),
        ] {
            try PolicyError.require(
                weight >= 0 && weight.isFinite, "weight \(name)", weight, "0 or more")
        }
    }

    func cost(of offer: DeviceOffer) -> Double {
        Double(offer.priceMicros) * 1e-6 * (1 + shadowPrice)
            + offer.completion.inSeconds * perSecond + (1 - offer.fidelity) * fidelity
    }
}
