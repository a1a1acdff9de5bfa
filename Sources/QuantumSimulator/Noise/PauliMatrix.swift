private import Glibc
import QuantumCircuit

/// Pauli strings on few qubits by number: bits 2i and 2i + 1 are the x and z bit on qubit i.
enum PauliMatrix {
    static func index(_ string: PauliString, _ qubits: Int) -> Int {
        (0..<qubits).reduce(0) { index, qubit in
            let x = Int(string.x >> UInt32(qubit) & 1)
            let z = Int(string.z >> UInt32(qubit) & 1)
            return index | x << (2 * qubit) | z << (2 * qubit + 1)
        }
    }

    /// The x and z bits of every qubit as masks.
    static func masks(_ index: Int, _ qubits: Int) -> (x: Int, z: Int) {
        (0..<qubits).reduce((0, 0)) { masks, qubit in
            (
                masks.0 | (index >> (2 * qubit) & 1) << qubit,
                masks.1 | (index >> (2 * qubit + 1) & 1) << qubit
            )
        }
    }

    /// ⟨column ⊕ x|P|column⟩, the only entry of a column: iʸ·(−1)^parity(z & column).
    static func entry(x: Int, z: Int, column: Int) -> Complex {
        let turns = (x & z).nonzeroBitCount + 2 * (z & column).nonzeroBitCount
        return [Complex.one, .i, -.one, -.i][turns & 3]
    }

    static func matrix(_ index: Int, _ qubits: Int) -> ComplexMatrix {
        let size = 1 << qubits
        let (x, z) = masks(index, qubits)
        var result = ComplexMatrix(diagonal: [Complex](repeating: .zero, count: size))
        for column in 0..<size { result[column ^ x, column] = entry(x: x, z: z, column: column) }
        return result
    }
}

enum Exponential {
    static func of(_ value: Double) -> Double { exp(value) }
    static func circle(_ angle: Double) -> (cosine: Double, sine: Double) {
        (cos(angle), sin(angle))
    }
}
