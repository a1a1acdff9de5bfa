import Contracts
import Determinism
import Models
import QuantumSimulator
import Stages

/// A model fitted to drawn data whose labels are known: six features of three hidden variables,
/// and a product that a linear scorer cannot see.
struct ScenarioModel {
    static let name = "scenario"
    private static let features = (0..<6).map { "f\($0)" }
    /// Which hidden variable each feature follows: unequal multiplicities keep components apart.
    private static let hidden = [0, 0, 0, 1, 1, 2]
    private static let trainingRows = 400
    private static let streamRows = 2_003

    let bundle: ModelBundle
    /// As the `models` topic carries it.
    let bytes: [UInt8]
    /// Rows that no fit has seen; records recur in their order.
    private let stream: CSVTable

    init(seed: UInt64) throws {
        var configuration = TrainingConfiguration()
        configuration.name = Self.name
        configuration.qubits = 3
        configuration.seed = seed
        configuration.landmarks = 16
        configuration.shots = 256
        bytes = try Trainer.train(
            Self.table(Self.trainingRows, seed: seed, stream: 1), configuration: configuration,
            quantumFeatures: Self.expectations
        ).encoded()
        bundle = try ModelBundle(decoding: bytes)
        stream = Self.table(Self.streamRows, seed: seed, stream: 2)
    }

    private static func table(_ rows: Int, seed: UInt64, stream: UInt64) -> CSVTable {
        var draws = RandomStream(seed: seed, stream: 0x7363_656E + stream)
        // Twelve uniform draws are normal enough, and the same on every machine.
        func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + draws.uniform() } }
        var (values, labels): ([Double], [Int]) = ([], [])
        for _ in 0..<rows {
            let variables = [normal(), normal(), normal()]
            for column in hidden.indices {
                let value = variables[hidden[column]] + 0.4 * normal()
                values.append((value * 1e3).rounded() / 1e3)
            }
            let margin =
                variables[0] + 0.6 * variables[1] + 0.8 * variables[0] * variables[1]
                + 0.5 * normal()
            labels.append(margin > 0 ? 1 : 0)
        }
        return CSVTable(
            source: "drawn", featureNames: features, features: values, labels: labels)
    }

    private static func expectations(
        _ angles: [Double], _ count: Int, _ specification: CircuitSpecification
    ) throws -> [Double] {
        let circuit = try CircuitTemplates.circuit(for: specification)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var output: [Double] = []
        try simulator.zExpectations(
            CircuitTemplates.strings(qubits: specification.qubits), parameters: angles,
            count: count, into: &output)
        return output
    }

    func label(_ sequence: Int) -> Int { stream.labels[sequence % Self.streamRows] }

    /// What the baseline says of each row of the stream.
    func classicalScores() -> [Double] {
        let reduction = bundle.reduction()
        var (standardised, components): ([Double], [Double]) = ([], [])
        let width = Self.features.count
        return (0..<Self.streamRows).map { row in
            let features = Array(stream.features[row * width..<(row + 1) * width])
            reduction.reduce(
                features.span, standardised: &standardised, components: &components)
            return bundle.baseline.score(standardised.span)
        }
    }

    /// Writes a record; an invalid one lacks features.
    func write(id: ByteSlice, sequence: Int, isInvalid: Bool, into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        out.name("features")
        out.append(UInt8(ascii: "["))
        let width = Self.features.count
        let start = sequence % Self.streamRows * width
        for column in 0..<(isInvalid ? 2 : width) {
            if column > 0 { out.append(UInt8(ascii: ",")) }
            out.append(number: stream.features[start + column])
        }
        out.append(UInt8(ascii: "]"))
        out.endObject()
    }
}
