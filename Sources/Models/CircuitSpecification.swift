private import Determinism

/// Which pairs of qubits a repetition of the feature map couples.
public enum Entanglement: String, Codable, Sendable, CaseIterable {
    /// (0,1), (1,2), … (q−2,q−1).
    case linear
    /// `linear`, and (0,q−1) when there are more than two qubits.
    case circular
    /// Every pair i < j.
    case full
    /// No pair: the control that shows what entanglement adds.
    case none

    /// The coupled pairs, each (i, j) with i < j, in the order of the circuit's gates.
    public func pairs(qubits: Int) -> [(Int, Int)] {
        switch self {
        case .none:
            return []
        case .full:
            return (0..<qubits).flatMap { first in
                ((first + 1)..<max(qubits, first + 1)).map { (first, $0) }
            }
        case .linear, .circular:
            let chain = (0..<max(qubits - 1, 0)).map { ($0, $0 + 1) }
            return self == .circular && qubits > 2 ? chain + [(0, qubits - 1)] : chain
        }
    }
}

/// What the quantum circuit of a model is, in data: the quantum modules build the gates from it.
public struct CircuitSpecification: Codable, Sendable, Equatable {
    /// The circuit family; `zz-feature-map` is the one of Havlíček et al., Nature 567 (2019) 209.
    public var name: String
    /// Semantic version of the family's construction; a change of gates is a new version.
    public var version: String
    /// 2…12; also the number of principal components that the circuit takes.
    public var qubits: Int
    /// How often the feature map is applied, 1…8.
    public var repetitions: Int
    public var entanglement: Entanglement
    /// Radians per standard deviation of a component, above 0 and at most π. Small values keep the
    /// coupling angles 2(π − xᵢ)(π − xⱼ) from wrapping within the spread of the data.
    public var bandwidth: Double
    /// Shots per record, 1…1 000 000.
    public var shots: Int
    /// What follows the feature map; nil where the map alone is measured.
    public var ansatz: AnsatzSpecification?

    public static let zzFeatureMap = "zz-feature-map"
    public static let qubitRange = 2...12
    public static let repetitionRange = 1...8
    public static let shotRange = 1...1_000_000

    /// - Throws: `ModelBundleError.invalid` naming the first field out of range.
    public init(
        name: String = zzFeatureMap, version: String = "1.0.0", qubits: Int, repetitions: Int = 2,
        entanglement: Entanglement = .full, bandwidth: Double, shots: Int = 1024,
        ansatz: AnsatzSpecification? = nil
    ) throws(ModelBundleError) {
        self.name = name
        self.version = version
        self.qubits = qubits
        self.repetitions = repetitions
        self.entanglement = entanglement
        self.bandwidth = bandwidth
        self.shots = shots
        self.ansatz = ansatz
        try validate("circuit")
    }

    /// 16 hexadecimal digits over every field but `shots`: what the circuit is, not how often it
    /// runs.
    ///
    /// The bandwidth and the ansatz' weights take part as their bits, so that equal hashes mean
    /// equal angles. Without an ansatz it is what it was before there were any.
    public var hash: String {
        let text = "\(name)|\(version)|\(qubits)|\(repetitions)|\(entanglement.rawValue)|"
        let map = text + hexadecimal(bandwidth.bitPattern)
        return hexadecimal(StableHash.hash64(ansatz.map { "\(map)|\($0.hashText)" } ?? map))
    }

    /// `zz-feature-map@1.0.0`, and `zz-feature-map@1.0.0+real-amplitudes.1.0.0` with an ansatz: the
    /// circuit's name and version as messages carry them.
    public var identity: String {
        let map = "\(name)@\(version)"
        return ansatz.map { "\(map)+\($0.name.rawValue).\($0.version)" } ?? map
    }

    /// Whether it has gates on two qubits.
    public var isEntangling: Bool { entanglement != .none || ansatz != nil }

    func validate(_ field: String) throws(ModelBundleError) {
        try Require.that(
            name == Self.zzFeatureMap, "\(field).name",
            "'\(name)' is not known, only '\(Self.zzFeatureMap)' is")
        try Require.version(version, "\(field).version")
        try Require.within(qubits, Self.qubitRange, "\(field).qubits")
        try Require.within(repetitions, Self.repetitionRange, "\(field).repetitions")
        try Require.positive(bandwidth, "\(field).bandwidth")
        try Require.within(bandwidth, 0...Double.pi, "\(field).bandwidth")
        try Require.within(shots, Self.shotRange, "\(field).shots")
        try ansatz?.validate("\(field).ansatz", qubits: qubits)
    }
}

/// 16 lowercase hexadecimal digits of a word.
func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
