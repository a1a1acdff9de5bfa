import Foundation

/// `fixtures/quantum/mitigation.json`: formulas of error mitigation in NumPy and SciPy.
public struct GoldenMitigation: Decodable, Sendable {
    public struct Readout: Decodable, Sendable {
        public struct Expectation: Decodable, Sendable {
            public let mask: UInt32
            public let value, standardError, amplification, worst: Double
        }

        public let falseOnes, falseZeros: [Double]
        public let truth, reported: [Double]
        public let counts: [Int]
        public let quasi, nearest, leastSquares: [Double]
        public let strings: [Expectation]
    }

    public struct Extrapolation: Decodable, Sendable {
        public struct Result: Decodable, Sendable {
            public let value, standardError: Double
        }

        public let scales, values, errors: [Double]
        public let asymptote: Double
        public let results: [String: Result]
    }

    public struct Inverse: Decodable, Sendable {
        public let qubits: Int
        public let strength, identity, pauli, gamma: Double
    }

    public let readout: [Readout]
    public let extrapolations: [Extrapolation]
    public let inverses: [Inverse]

    public static func load() throws -> GoldenMitigation {
        let text = try Repository.text("fixtures/quantum/mitigation.json")
        return try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }
}
