/// Everything that the stages need to score a record, as `tandem train` fits it: one JSON file, and
/// one message of the `models` topic.
///
/// Comes from the trainer or from `init(decoding:)`, both of which check every invariant; a bare
/// `JSONDecoder` checks none. Same data, same configuration, same machine type and library
/// versions: same bytes.
public struct ModelBundle: Codable, Sendable, Equatable {
    /// The format that this code writes and reads.
    public static let currentFormat = 1

    public let formatVersion: Int
    /// The model's name: 1–64 of a–z, 0–9, `-`, `_`, `.`; the key on the `models` topic.
    public let name: String
    /// 12 hexadecimal digits over the content: two bundles with one version are the same model.
    public internal(set) var version: String
    public let features: FeatureContract
    public let scaler: StandardScaler
    public let pca: PrincipalComponents
    /// Scores the standardised and clipped features when a record brings no score of its own.
    public let baseline: LogisticModel
    public let circuit: CircuitSpecification
    /// `circuit.hash` when the head was fitted.
    public let circuitHash: String
    public let head: QuantumHead
    public let thresholds: ConfidenceThresholds
    public let controls: Controls
    /// 16 hexadecimal digits over the training table's names, values and labels.
    public let datasetHash: String
    public let seed: UInt64
    public let metrics: ModelMetrics

    /// What the quantum head has to beat to be worth its price.
    public struct Controls: Codable, Sendable, Equatable {
        public let surrogate: KernelSurrogate
        public let withoutEntanglement: ProductStateControl
    }

    /// The circuit that a call can step down to; nil where the model's own entangles nothing either.
    public var simplerCircuit: ProductStateControl? {
        circuit.isEntangling ? controls.withoutEntanglement : nil
    }

    /// Scaler and PCA, ready for batches. Build once per model.
    public func reduction() -> Reduction { Reduction(scaler: scaler, components: pca) }

    /// Components to the circuit's angles. Build once per model.
    public func angleEncoding() -> AngleEncoding {
        AngleEncoding(circuit: circuit, components: pca)
    }
}
