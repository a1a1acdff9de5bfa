import Foundation
import Models
import Testing

@Suite("Model bundle")
struct ModelBundleTests {
    private static let bytes: [UInt8] = {
        guard let bytes = try? Trained.bundle(qubits: 2).encoded() else { return [] }
        return bytes
    }()

    /// The bundle's JSON with one value replaced by another.
    ///
    /// - Parameters:
    ///   - path: keys and indices, joined by dots.
    ///   - value: JSON text; nil removes the key.
    private func replaced(_ path: String, with value: String?) throws -> [UInt8] {
        let root = try JSONSerialization.jsonObject(with: Data(Self.bytes))
        let steps = path.split(separator: ".").map(String.init)
        let new = try value.map {
            try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
        }
        return [UInt8](try JSONSerialization.data(withJSONObject: replace(root, steps[...], new)))
    }

    private func replace(_ node: Any, _ path: ArraySlice<String>, _ value: Any?) -> Any {
        guard let step = path.first else { return value ?? NSNull() }
        if var object = node as? [String: Any] {
            let removes = path.count == 1 && value == nil
            object[step] =
                removes ? nil : replace(object[step] ?? NSNull(), path.dropFirst(), value)
            return object
        }
        if var array = node as? [Any], let index = Int(step) {
            array[index] = replace(array[index], path.dropFirst(), value)
            return array
        }
        return node
    }

    private func failure(_ path: String, _ value: String?) throws -> String {
        do {
            _ = try ModelBundle(decoding: replaced(path, with: value))
            return "no error"
        } catch let error as ModelBundleError {
            return "\(error)"
        }
    }

    @Test("decoding what was encoded gives the same bundle and the same bytes")
    func roundTrip() throws {
        let bundle = try ModelBundle(decoding: Self.bytes)
        #expect(try bundle.encoded() == Self.bytes)
        #expect(bundle.version.utf8.count == 12)
        #expect(bundle.circuitHash == bundle.circuit.hash)
        let trained = try Trained.bundle(qubits: 2)
        #expect(bundle == trained)
    }

    @Test("the bytes end in one line feed and have their keys sorted")
    func form() throws {
        let text = String(decoding: Self.bytes, as: UTF8.self)
        #expect(text.hasPrefix("{\"baseline\":{\"intercept\":"))
        #expect(text.hasSuffix("}\n"))
    }

    @Test("a changed number is caught by the version")
    func tampered() throws {
        let error = try failure("baseline.intercept", "0.25")
        #expect(error.hasPrefix("model bundle: version: claims "))
    }

    @Test(
        "a broken field is named in one line",
        arguments: [
            ("head", nil, "head: is missing"),
            ("scaler.mean.2", "\"x\"", "scaler.mean[2]: is not of type Double"),
            ("scaler.clip", "-1", "scaler.clip: -1.0 is not a finite number above 0"),
            ("scaler.scale.0", "0", "scaler.scale[0]: 0.0 is not a finite number above 0"),
            ("circuit.qubits", "13", "circuit.qubits: 13 is not from 2 to 12"),
            ("circuit.qubits", "3", "circuit.qubits: 3 qubits need as many components, pca has 2"),
            ("circuit.shots", "0", "circuit.shots: 0 is not from 1 to 1000000"),
            (
                "circuit.name", "\"other\"",
                "circuit.name: 'other' is not known, only 'zz-feature-map' is"
            ),
            ("circuit.version", "\"1.0\"", "circuit.version: '1.0' is not MAJOR.MINOR.PATCH"),
            ("circuit.entanglement", "\"star\"", "circuit.entanglement: "),
            ("circuitHash", "\"0\"", "circuitHash: '0' is not the circuit's hash"),
            ("features.names.1", "\"\"", "features.names[1]: is empty"),
            ("features.names.1", "\"mean_radius\"", "features.names[1]: 'mean_radius' is repeated"),
            ("baseline.weights", "[1]", "baseline.weights: has 1 values, needs 30"),
            ("head.weights", "[1]", "head.weights: has 1 values, needs 3"),
            ("head.terms.0", "[1]", "head.terms: are not the single and pair strings of 2 qubits"),
            ("head.platt.slope", "0", "head.platt.slope: 0.0 is not a finite number above 0"),
            (
                "thresholds.acceptConfidence", "0.55",
                "thresholds.acceptConfidence: 0.55 is below blendConfidence 0.6"
            ),
            (
                "thresholds.uncertaintyBandLow", "0.7",
                "thresholds.uncertaintyBandLow: 0.7 is not from 0.0 to 0.5"
            ),
            (
                "controls.withoutEntanglement.circuit.entanglement", "\"full\"",
                "controls.withoutEntanglement.circuit.entanglement: is not 'none'"
            ),
            (
                "controls.surrogate.gamma", "0",
                "controls.surrogate.gamma: 0.0 is not a finite number above 0"
            ),
            (
                "metrics.quantum.train.auc", "2",
                "metrics.quantum.train.auc: 2.0 is not from 0.0 to 1.0"
            ),
            ("datasetHash", "\"zz\"", "datasetHash: 'zz' is not 16 hexadecimal digits"),
            ("name", "\"A\"", "name: 'A' is not 1–64 of a–z, 0–9, '-', '_', '.'"),
            ("formatVersion", "2", "formatVersion: 2 is not supported, only 1 is"),
        ] as [(String, String?, String)])
    func broken(path: String, value: String?, expected: String) throws {
        let message = try failure(path, value)
        #expect(message.hasPrefix("model bundle: " + expected))
        #expect(!message.contains("\n"))
    }

    @Test("bytes that are not JSON are an error, however they are cut")
    func truncated() {
        for count in stride(from: 0, to: Self.bytes.count - 1, by: 97) {
            #expect(throws: ModelBundleError.self) {
                try ModelBundle(decoding: Array(Self.bytes.prefix(count)))
            }
        }
    }

    @Test("unknown keys are ignored")
    func unknownKeys() throws {
        #expect(try failure("later", "1") == "no error")
    }
}
