/// How to fit a model bundle. The defaults suit a few hundred to some ten thousand rows.
public struct TrainingConfiguration: Sendable, Equatable {
    /// The bundle's name: 1–64 of a–z, 0–9, `-`, `_`, `.`.
    public var name = "model"
    /// 2…12; also the number of principal components.
    public var qubits = 4
    /// Splits, folds and landmarks follow from it.
    public var seed: UInt64 = 1
    /// Shots per record that the pipeline will take; sets how much small expectations are trusted.
    public var shots = 1024
    /// 2…8: after one repetition of a feature map every ⟨Z⟩ is 0, whatever the record.
    public var repetitions = 2
    public var entanglement = Entanglement.full
    /// Radians per standard deviation of a component, above 0 and at most π.
    ///
    /// 0.05 is where the ZZ feature map still follows the data: its coupling angles move by some
    /// 0.3 rad per standard deviation. Above 0.1 they wrap, and the head's AUC falls towards
    /// chance; below 0.03 the signal sinks under the noise of 1,024 shots.
    public var bandwidth = 0.05
    /// The share of rows that no fit sees, for the metrics; 0.1…0.5.
    public var validationFraction = 0.25
    /// Strength of the penalty ½·l2·‖w‖² against the summed log-loss: scikit-learn's 1 / C. Above
    /// 0.
    public var l2 = 1.0
    /// Standardised features are bounded to ±clip; above 0.
    public var clip = 5.0
    /// Most landmarks of the kernel surrogate, 8…512.
    public var landmarks = 64

    /// The least number of rows of each label: five folds and a validation part need some of each.
    public static let minimumRowsPerLabel = 10
    static let foldCount = 5

    public init() {}

    /// - Throws: `TrainingError.invalidSetting` naming the first setting out of range.
    func validate() throws(TrainingError) {
        try require(
            ModelBundle.isName(name), "name", "'\(name)'", "1–64 of a–z, 0–9, '-', '_', '.'")
        try require(CircuitSpecification.qubitRange, qubits, "qubits")
        try require(
            2...CircuitSpecification.repetitionRange.upperBound, repetitions, "repetitions")
        try require(CircuitSpecification.shotRange, shots, "shots")
        try require(
            bandwidth > 0 && bandwidth <= .pi, "bandwidth", "\(bandwidth)", "above 0, at most π")
        try require(
            validationFraction >= 0.1 && validationFraction <= 0.5, "validationFraction",
            "\(validationFraction)", "from 0.1 to 0.5")
        try require(l2.isFinite && l2 >= 1e-6, "l2", "\(l2)", "finite and at least 0.000001")
        try require(clip.isFinite && clip > 0, "clip", "\(clip)", "finite and above 0")
        try require(8...512, landmarks, "landmarks")
    }

    private func require(
        _ range: ClosedRange<Int>, _ value: Int, _ name: String
    ) throws(TrainingError) {
        try require(
            range.contains(value), name, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
    }

    private func require(
        _ holds: Bool, _ name: String, _ value: String, _ allowed: String
    ) throws(TrainingError) {
        guard holds else { throw .invalidSetting(name: name, value: value, allowed: allowed) }
    }
}
