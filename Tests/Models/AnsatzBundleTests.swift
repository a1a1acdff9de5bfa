import Determinism
import Foundation
import Testing

@testable import Models

/// What a bundle says of an ansatz; the circuit itself is a stand-in here.
@Suite("Model bundle with an ansatz")
struct AnsatzBundleTests {
    private static func train(steps: Int = 0) throws -> ModelBundle {
        var configuration = TrainingConfiguration()
        configuration.qubits = 2
        configuration.ansatz = AnsatzTraining()
        configuration.ansatz?.maximumSteps = steps
        return try Trainer.train(
            Fixture.table("train.csv"), configuration: configuration,
            quantumFeatures: ClosedFormFeatureMap.expectations)
    }

    private let bundle: ModelBundle

    init() throws { bundle = try Self.train() }

    @Test("is the same after encoding and decoding, weights to the last bit")
    func roundTrip() throws {
        let bytes = try bundle.encoded()
        let read = try ModelBundle(decoding: bytes)
        #expect(read == bundle)
        #expect(try read.encoded() == bytes)
        #expect(read.circuit.ansatz?.weights.count == 6)
        #expect(read.circuit.identity == "zz-feature-map@1.0.0+real-amplitudes.1.0.0")
        #expect(read.metrics.ansatz?.steps == 0)
    }

    @Test("without an ansatz has the keys, the hash and the identity that it always had")
    func oldBundles() throws {
        let old = try Trained.bundle(qubits: 2)
        let text = String(decoding: try old.encoded(), as: UTF8.self)
        #expect(!text.contains("ansatz"))
        let bits = String(0.05.bitPattern, radix: 16)
        let words = "zz-feature-map|1.0.0|2|2|full|" + bits
        #expect(old.circuit.bandwidth == 0.05)
        #expect(old.circuit.hash == String(StableHash.hash64(words), radix: 16).leftPadded(16))
        #expect(old.circuit.identity == "zz-feature-map@1.0.0")
    }

    @Test("has another hash for every change of the ansatz")
    func hash() throws {
        let circuit = bundle.circuit
        var ansatz = try #require(circuit.ansatz)
        var seen = [circuit.hash]
        func add(_ change: (inout AnsatzSpecification) -> Void) {
            var changed = ansatz
            change(&changed)
            var other = circuit
            other.ansatz = changed
            seen.append(other.hash)
        }
        add { $0.name = .efficientSU2 }
        add { $0.version = "1.0.1" }
        add { $0.repetitions = 3 }
        add { $0.entanglement = .full }
        add { $0.weights[3] = $0.weights[3].nextUp }
        add { $0.weights.swapAt(0, 1) }
        add { $0.weights = [] }
        ansatz.weights = []
        var none = circuit
        none.ansatz = nil
        seen.append(none.hash)
        #expect(Set(seen).count == seen.count)
        var more = circuit
        more.shots += 1
        #expect(more.hash == circuit.hash)
    }

    @Test(
        "with a broken ansatz is refused in one line that names the field",
        arguments: [
            (
                "\"repetitions\":2,\"version\"", "\"repetitions\":9,\"version\"",
                "circuit.ansatz.repetitions: 9 is not from 1 to 8"
            ),
            (
                "\"repetitions\":2,\"version\"", "\"repetitions\":1,\"version\"",
                "circuit.ansatz.weights: has 6 values, needs 4"
            ),
            (
                "\"real-amplitudes\"", "\"efficient-su2\"",
                "circuit.ansatz.weights: has 6 values, needs 12"
            ),
            ("\"real-amplitudes\"", "\"guess\"", "circuit.ansatz.name: "),
            ("\"reverse-linear\"", "\"star\"", "circuit.ansatz.entanglement: "),
            ("\"reverse-linear\"", "\"linear\"", "circuitHash: "),
        ])
    func broken(old: String, new: String, expected: String) throws {
        let text = String(decoding: try bundle.encoded(), as: UTF8.self)
        #expect(text.contains(old))
        let changed = text.replacingOccurrences(of: old, with: new)
        do {
            _ = try ModelBundle(decoding: Array(changed.utf8))
            Issue.record("\(new) was taken")
        } catch {
            #expect("\(error)".hasPrefix("model bundle: " + expected), "\(error)")
            #expect(!"\(error)".contains("\n"))
        }
    }

    @Test("with a weight that is not finite is not written")
    func nonFinite() throws {
        #expect(
            throws: ModelBundleError.invalid(
                field: "circuit.ansatz.weights[1]", problem: "inf is not finite")
        ) {
            _ = try CircuitSpecification(
                qubits: 2, bandwidth: 1,
                ansatz: AnsatzSpecification(
                    name: .realAmplitudes, repetitions: 1, weights: [0, .infinity, 0, 0]))
        }
    }

    @Test("cannot be trained without gradients")
    func noGradients() throws {
        #expect(throws: TrainingError.noGradients) { try Self.train(steps: 1) }
    }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}
