import Contracts
import Foundation
import Models
import Stages
import TestSupport

/// Messages of a call that stepped down to the control without entanglement.
enum Simpler {
    static let bundle = Training.model.bundle
    static let control = bundle.controls.withoutEntanglement
    static let name = kept(control.identity)
    static let hash = kept(control.circuitHash)

    static func job(_ id: String, number: UInt64) -> JobMessage {
        var message = Sample.job(id, number: number)
        message.circuit = name
        message.circuitHash = hash
        message.downgrade = .simplerCircuit
        return message
    }

    static func measurement(_ id: String, head: Double, error: Double) -> MeasurementMessage {
        var message = Sample.measurement(id, head: head, error: error)
        message.circuit = name
        message.circuitHash = hash
        message.downgrade = .simplerCircuit
        return message
    }

    static func verdict(
        _ id: String, action: VerdictAction = .use, reason: ReasonCode = .downgraded
    ) -> QuantumVerdictMessage {
        var message = Sample.quantum(id, action: action, reason: reason)
        message.circuit = name
        message.circuitHash = hash
        message.downgrade = .simplerCircuit
        return message
    }

    /// ⟨Z₀⟩, ⟨Z₁⟩ and ⟨Z₀Z₁⟩ by hand: a qubit that goes through H, P(2θ), H has ⟨Z⟩ = cos 2θ, and
    /// qubits that nothing couples multiply.
    static func expectations(of components: [Double]) -> [Double] {
        let values = components.enumerated().map { index, component in
            let angle =
                control.circuit.bandwidth * component
                / bundle.pca.explainedVariance[index].squareRoot()
            return cos(2 * (min(max(angle, -.pi), .pi) + control.angleOffset))
        }
        return values + [values[0] * values[1]]
    }
}
