public import Contracts
internal import Models

/// One circuit of a model with all that belongs to it: angles, name, and the head that alone can make
/// a score of what is measured on it.
public struct ModelCircuit: Sendable {
    /// `none` for the model's own, `simplerCircuit` for its control without entanglement.
    public let downgrade: Downgrade
    /// `name@version`, as messages carry it.
    public let name: OwnedBytes
    /// Differs between a model's circuits.
    public let hash: OwnedBytes
    let specification: CircuitSpecification
    let encoding: AngleEncoding
    let head: QuantumHead

    init(of bundle: ModelBundle) {
        downgrade = .none
        name = OwnedBytes(bundle.circuit.identity)
        hash = OwnedBytes(bundle.circuitHash)
        specification = bundle.circuit
        encoding = bundle.angleEncoding()
        head = bundle.head
    }

    init(_ simpler: ProductStateControl, of bundle: ModelBundle) {
        downgrade = .simplerCircuit
        name = OwnedBytes(simpler.identity)
        hash = OwnedBytes(simpler.circuitHash)
        specification = simpler.circuit
        encoding = AngleEncoding(
            circuit: simpler.circuit, components: bundle.pca, offset: simpler.angleOffset)
        head = simpler.head
    }
}

extension ActiveModel {
    /// `name@version` of the model's own circuit, and what follows the feature map.
    public var circuit: OwnedBytes { own.name }
    public var circuitHash: OwnedBytes { own.hash }

    /// The circuit that a message names; nil where it is none of the model's.
    func circuit(hash: ByteSlice) -> ModelCircuit? {
        if own.hash.slice.equals(hash) { return own }
        return simpler.flatMap { $0.hash.slice.equals(hash) ? $0 : nil }
    }
}
