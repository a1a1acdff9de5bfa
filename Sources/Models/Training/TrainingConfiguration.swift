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
    /// 2…8: after one repetition of a feature map every ⟨Z⟩ is 0, whatever the record. From 1 with
    /// an ansatz, which turns the qubits before they are measured.
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
    /// Layers to train after the feature map; nil for none.
    public var ansatz: AnsatzTraining?

    /// The least number of rows of each label: five folds and a validation part need some of each.
    public static let minimumRowsPerLabel = 10
    static let foldCount = 5

    public init() {}

    /// - Throws: `TrainingError.invalidSetting` naming the first setting out of range.
    func validate() throws(TrainingError) {
        try require(
            ModelBundle.isName(name), "name", "'\(name)'", "1–64 of a–z, 0–9, '-', '_', '.'")
        try require(CircuitSpecification.qubitRange, qubits, "qubits")
        let least = ansatz == nil ? 2 : CircuitSpecification.repetitionRange.lowerBound
        try require(
            least...CircuitSpecification.repetitionRange.upperBound, repetitions, "repetitions")
        try require(CircuitSpecification.shotRange, shots, "shots")
        try require(
            bandwidth > 0 && bandwidth <= .pi, "bandwidth", "\(bandwidth)", "above 0, at most π")
        try require(
            validationFraction >= 0.1 && validationFraction <= 0.5, "validationFraction",
            "\(validationFraction)", "from 0.1 to 0.5")
        try require(l2.isFinite && l2 >= 1e-6, "l2", "\(l2)", "finite and at least 0.000001")
        try require(clip.isFinite && clip > 0, "clip", "\(clip)", "finite and above 0")
        try require(8...512, landmarks, "landmarks")
        try validate(ansatz)
    }

    private func validate(_ ansatz: AnsatzTraining?) throws(TrainingError) {
        guard let ansatz else { return }
        try require(
            AnsatzSpecification.repetitionRange, ansatz.repetitions, "ansatz repetitions")
        try require(0...100_000, ansatz.maximumSteps, "ansatz steps")
        try require(1...65_536, ansatz.batchSize, "ansatz batch size")
        let rate = ansatz.learningRate
        try require(
            rate > 0 && rate <= 1, "ansatz learning rate", "\(rate)", "above 0, at most 1")
        try require(1...1_000, ansatz.patience, "ansatz patience")
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

/// Which ansatz to train after the feature map, and how long.
///
/// Training ends after `maximumSteps` steps of Adam, or before, when `patience` rounds of ten steps
/// in a row have not lowered the loss on held-out rows by 0.0001 below the best one's.
public struct AnsatzTraining: Sendable, Equatable {
    public var family = AnsatzSpecification.Family.realAmplitudes
    /// 1…8.
    public var repetitions = 2
    public var entanglement = AnsatzEntanglement.reverseLinear
    /// 0…100 000; 0 keeps the seeded weights.
    public var maximumSteps = 600
    /// Records of each step, 1…65 536; all of them if there are fewer.
    public var batchSize = 64
    /// Radians by which Adam moves a weight at most, about; above 0, at most 1.
    public var learningRate = 0.05
    /// Rounds, 1…1 000.
    public var patience = 15

    public init() {}
}
