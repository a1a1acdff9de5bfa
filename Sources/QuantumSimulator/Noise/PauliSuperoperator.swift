import QuantumCircuit

/// A linear map on density matrices of a few qubits, as it acts on coefficients Tr(Pρ): a real
/// matrix, for every map that keeps ρ Hermitian.
///
/// Index digits are as in `PauliMatrix`. Depolarising is diagonal here, Clifford gates are signed
/// permutations, rotations mix pairs: most entries are zero, and kernels skip them.
struct PauliSuperoperator: Hashable, Sendable {
    let qubits: Int
    /// Row-major, 4^qubits rows.
    let elements: [Double]

    var size: Int { 1 << (2 * qubits) }

    init(qubits: Int, elements: [Double]) {
        self.qubits = qubits
        self.elements = elements
    }

    /// ρ → Σ KρK†: entry (P, Q) is Tr(P·ΣKQK†)/2ⁿ.
    init(kraus operators: [ComplexMatrix]) {
        let dimension = operators[0].dimension
        qubits = dimension.trailingZeroBitCount
        let size = dimension * dimension
        var elements = [Double](repeating: 0, count: size * size)
        for column in 0..<size {
            let (x, z) = PauliMatrix.masks(column, qubits)
            var image = [Complex](repeating: .zero, count: size)
            for matrix in operators {
                Self.add(matrix, x: x, z: z, to: &image)
            }
            for row in 0..<size {
                let (rowX, rowZ) = PauliMatrix.masks(row, qubits)
                var trace = 0.0
                for state in 0..<dimension {
                    // ⟨state ⊕ x|P|state⟩·⟨state|image|state ⊕ x⟩
                    let factor = PauliMatrix.entry(x: rowX, z: rowZ, column: state)
                    trace += (factor * image[state * dimension + (state ^ rowX)]).re
                }
                elements[row * size + column] = trace / Double(dimension)
            }
        }
        self.elements = elements.map { abs($0) < 1e-15 ? 0 : $0 }
    }

    /// image += K·Q·K†, Q with one entry in each column.
    private static func add(_ matrix: ComplexMatrix, x: Int, z: Int, to image: inout [Complex]) {
        let dimension = matrix.dimension
        for middle in 0..<dimension {
            let factor = PauliMatrix.entry(x: x, z: z, column: middle)
            for row in 0..<dimension {
                let left = matrix[row, middle ^ x] * factor
                if left == .zero { continue }
                for column in 0..<dimension {
                    let place = row * dimension + column
                    image[place] = image[place] + left * matrix[column, middle].conjugate
                }
            }
        }
    }
}

/// A superoperator on given qubits, fused like gates are.
struct PauliBlock: FusibleBlock {
    static let maximumQubits = 3

    let qubits: [Int]
    let mask: UInt32
    /// Row-major; digit i of an index belongs to `qubits[i]`.
    let elements: [Double]
    let cost: Double

    var size: Int { 1 << (2 * qubits.count) }

    /// - Parameter operands: distinct; operand i of the superoperator.
    init(_ map: PauliSuperoperator, _ operands: [Int]) {
        let sorted = operands.sorted()
        let size = map.size
        let places = (0..<size).map { index in
            operands.indices.reduce(0) { place, digit in
                let target = sorted.firstIndex(of: operands[digit]) ?? 0
                return place | (index >> (2 * digit) & 3) << (2 * target)
            }
        }
        var elements = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                elements[places[row] * size + places[column]] = map.elements[row * size + column]
            }
        }
        self.init(qubits: sorted, elements: elements)
    }

    private init(qubits: [Int], elements: [Double]) {
        self.qubits = qubits
        self.elements = elements
        mask = qubits.reduce(0) { $0 | 1 << UInt32($1) }
        // Terms to add for each number, and one for loading and storing it.
        let terms = elements.reduce(0) { $1 == 0 ? $0 : $0 + 1 }
        cost = 1.5 + Double(terms) / Double(1 << (2 * qubits.count))
    }

    func followed(by later: PauliBlock) -> PauliBlock {
        if later.qubits == qubits { return PauliBlock(qubits: qubits, elements: product(later)) }
        let union = mask | later.mask
        let all = (0..<32).filter { union >> UInt32($0) & 1 == 1 }
        return extended(to: all).followed(by: later.extended(to: all))
    }

    private func product(_ later: PauliBlock) -> [Double] {
        let size = size
        var result = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for middle in 0..<size {
                let left = later.elements[row * size + middle]
                if left == 0 { continue }
                for column in 0..<size {
                    result[row * size + column] += left * elements[middle * size + column]
                }
            }
        }
        for index in result.indices where abs(result[index]) < 1e-15 { result[index] = 0 }
        return result
    }

    /// The identity on the added qubits.
    private func extended(to all: [Int]) -> PauliBlock {
        if all == qubits { return self }
        let shifts = qubits.map { 2 * (all.firstIndex(of: $0) ?? 0) }
        let own = shifts.reduce(0) { $0 | 3 << $1 }
        let wide = 1 << (2 * all.count)
        let spread = (0..<size).map { index in
            shifts.indices.reduce(0) { $0 | (index >> (2 * $1) & 3) << shifts[$1] }
        }
        var result = [Double](repeating: 0, count: wide * wide)
        for rest in 0..<wide where rest & own == 0 {
            for row in 0..<size {
                for column in 0..<size {
                    result[(rest | spread[row]) * wide + (rest | spread[column])] =
                        elements[row * size + column]
                }
            }
        }
        return PauliBlock(qubits: all, elements: result)
    }

    static func mayPay(_ first: PauliBlock, _ second: PauliBlock) -> Bool {
        let union = first.mask | second.mask
        if union == first.mask || union == second.mask { return true }
        return union.nonzeroBitCount <= 2 && first.mask & second.mask != 0
    }
}
