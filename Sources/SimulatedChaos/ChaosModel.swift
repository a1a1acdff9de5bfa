import Contracts
import Determinism
import Models
import QuantumSimulator
import Stages

/// Two versions of a small model, fitted to drawn data: six features, three qubits.
struct ChaosModel {
    static let name = "chaos"
    static let shots = 64
    static let features = (0..<6).map { "f\($0)" }

    /// Each as the `models` topic carries it.
    let versions: [[UInt8]]
    private let table: CSVTable

    init() throws {
        let table = Self.table()
        versions = try ([1, 2] as [UInt64]).map { seed in
            var configuration = TrainingConfiguration()
            configuration.name = Self.name
            configuration.qubits = 3
            configuration.seed = seed
            configuration.landmarks = 8
            configuration.shots = Self.shots
            return try Trainer.train(
                table, configuration: configuration, quantumFeatures: Self.expectations
            ).encoded()
        }
        self.table = table
    }

    /// Two clouds that overlap.
    private static func table() -> CSVTable {
        let rows = 240
        var draws = RandomStream(seed: 0x6368_616F_73)
        var values: [Double] = []
        for row in 0..<rows {
            let centre = row.isMultiple(of: 2) ? -0.6 : 0.6
            for column in features.indices {
                // Six uniform draws are normal enough; thousandths keep the texts short.
                let noise = (0..<6).reduce(-3.0) { sum, _ in sum + draws.uniform() }
                values.append(((centre / Double(column + 1) + noise) * 1e3).rounded() / 1e3)
            }
        }
        return CSVTable(
            source: "drawn", featureNames: features, features: values,
            labels: (0..<rows).map { $0 % 2 })
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

    /// Writes a valid record of the table's row `row`, round and round.
    func write(id: ByteSlice, row: Int, classicalScore: Double?, into out: inout ByteWriter) {
        out.beginObject()
        out.member("id", id)
        if let classicalScore { out.member("classicalScore", classicalScore) }
        out.name("features")
        out.append(UInt8(ascii: "["))
        let width = Self.features.count
        let start = row % table.rowCount * width
        for column in 0..<width {
            if column > 0 { out.append(UInt8(ascii: ",")) }
            out.append(number: table.features[start + column])
        }
        out.append(UInt8(ascii: "]"))
        out.endObject()
    }
}
