import QuantumCircuit

/// Gates multiplied into one matrix on a few stored qubits, or merged into one diagonal on more.
struct FusedBlock: FusibleBlock {
    /// Kernels exist for matrices on up to 5 qubits; a diagonal's table must stay in cache.
    static let maximumDenseQubits = 5
    static let maximumDiagonalQubits = 10

    /// Ascending; bit i of a matrix index is `qubits[i]`.
    private(set) var qubits: [Int]
    private(set) var mask: UInt32
    /// The diagonal if `isDiagonal`, else row-major.
    private(set) var elements: [Complex]
    private(set) var isDiagonal: Bool
    /// What a kernel is chosen by; of a diagonal, all qubits are controls.
    private(set) var shape = Shape()

    var dimension: Int { 1 << qubits.count }

    /// - Parameter operands: distinct, in the matrix's order.
    init(_ matrix: ComplexMatrix, _ operands: [Int]) {
        let sorted = operands.sorted()
        qubits = sorted
        mask = operands.reduce(0) { $0 | 1 << UInt32($1) }
        let size = matrix.dimension
        let order = operands.map { operand in sorted.firstIndex(of: operand) ?? 0 }
        let places = (0..<size).map { index in
            order.indices.reduce(0) { $0 | (index >> $1 & 1) << order[$1] }
        }
        isDiagonal = matrix.isDiagonal
        if isDiagonal {
            elements = [Complex](repeating: .one, count: size)
            for index in 0..<size { elements[places[index]] = matrix[index, index] }
        } else {
            elements = [Complex](repeating: .zero, count: size * size)
            for row in 0..<size {
                for column in 0..<size {
                    elements[places[row] * size + places[column]] = matrix[row, column]
                }
            }
        }
        shape = makeShape()
    }

    private init(qubits: [Int], mask: UInt32, elements: [Complex], isDiagonal: Bool) {
        (self.qubits, self.mask, self.elements) = (qubits, mask, elements)
        self.isDiagonal = isDiagonal
        if !isDiagonal { tidy() }
        shape = makeShape()
    }

    func entry(_ row: Int, _ column: Int) -> Complex {
        if isDiagonal { return row == column ? elements[row] : .zero }
        return elements[row * dimension + column]
    }

    /// `later · self` on the union of both blocks' qubits.
    func followed(by later: FusedBlock) -> FusedBlock {
        let union = mask | later.mask
        let all = (0..<32).filter { union >> UInt32($0) & 1 == 1 }
        let (first, second) = (Places(self, in: all), Places(later, in: all))
        let size = 1 << all.count
        if isDiagonal && later.isDiagonal {
            let product = (0..<size).map { index in
                elements[first.inner[index]] * later.elements[second.inner[index]]
            }
            return FusedBlock(qubits: all, mask: union, elements: product, isDiagonal: true)
        }
        var product = [Complex](repeating: .zero, count: size * size)
        // Row of `later`, then row of `self`: only entries that agree on the other qubits.
        for row in 0..<size {
            let (outer, inner) = (second.outer[row], second.inner[row])
            for middle in 0..<later.dimension {
                let left = later.entry(inner, middle)
                if left == .zero { continue }
                let between = outer | second.spread[middle]
                for column in 0..<dimension {
                    let right = entry(first.inner[between], column)
                    let place = row * size + (first.outer[between] | first.spread[column])
                    product[place] = product[place] + left * right
                }
            }
        }
        return FusedBlock(qubits: all, mask: union, elements: product, isDiagonal: false)
    }

    /// Rounding leaves dust where products cancel: it would hide structure.
    private mutating func tidy() {
        let size = dimension
        var isDiagonal = true
        for index in elements.indices {
            if abs(elements[index].re) < 1e-15 { elements[index].re = 0 }
            if abs(elements[index].im) < 1e-15 { elements[index].im = 0 }
            if index / size != index % size && elements[index] != .zero { isDiagonal = false }
        }
        if isDiagonal {
            elements = (0..<size).map { elements[$0 * (size + 1)] }
            self.isDiagonal = true
        }
    }

    /// Where a block's index bits lie within an index over more qubits.
    private struct Places {
        /// The block's own index, and the bits that are not the block's, of each full index.
        let inner: [Int]
        let outer: [Int]
        /// Full index of each of the block's own.
        let spread: [Int]

        init(_ block: FusedBlock, in all: [Int]) {
            let shifts = block.qubits.map { qubit in all.firstIndex(of: qubit) ?? 0 }
            let own = shifts.reduce(0) { $0 | 1 << $1 }
            inner = (0..<1 << all.count).map { index in
                shifts.indices.reduce(0) { $0 | (index >> shifts[$1] & 1) << $1 }
            }
            outer = (0..<1 << all.count).map { $0 & ~own }
            spread = (0..<block.dimension).map { index in
                shifts.indices.reduce(0) { $0 | (index >> $1 & 1) << shifts[$1] }
            }
        }
    }
}

// MARK: Structure

extension FusedBlock {
    struct Shape {
        /// Bits of the matrix index that leave the state alone unless they are 1.
        var controls: [Int] = []
        /// The other bits, ascending.
        var targets: [Int] = []
        var isReal = false
        /// Row of the only entry, 1, of each column over the targets; nil unless a permutation.
        var permutation: [Int]?
    }

    private func makeShape() -> Shape {
        if isDiagonal { return Shape(controls: Array(qubits.indices)) }
        var shape = Shape()
        for bit in qubits.indices {
            if isControl(bit) { shape.controls.append(bit) } else { shape.targets.append(bit) }
        }
        let held = shape.controls.reduce(0) { $0 | 1 << $1 }
        let size = 1 << shape.targets.count
        let places = (0..<size).map { index in
            shape.targets.indices.reduce(held) { $0 | (index >> $1 & 1) << shape.targets[$1] }
        }
        shape.isReal = true
        var sources: [Int]? = []
        for row in 0..<size {
            var source: Int?
            for column in 0..<size {
                let value = entry(places[row], places[column])
                if value.im != 0 { shape.isReal = false }
                if value == .one && source == nil {
                    source = column
                } else if value != .zero {
                    sources = nil
                }
            }
            if let source { sources?.append(source) } else { sources = nil }
        }
        shape.permutation = sources
        return shape
    }

    private func isControl(_ bit: Int) -> Bool {
        for row in 0..<dimension {
            for column in 0..<dimension where row >> bit & 1 == 0 || column >> bit & 1 == 0 {
                if entry(row, column) != (row == column ? .one : .zero) { return false }
            }
        }
        return true
    }

    /// Kernel time of a dense matrix on 0 to 5 qubits, in complex multiply-adds an amplitude as
    /// measured: bound by arithmetic until rows and sums no longer fit 32 registers.
    static let denseCosts: [Double] = [0, 2, 4, 8, 19, 46]
    /// Of a kernel that only moves amplitudes between cache and registers.
    private static let movementCost = 1.6
    private static let overhead = 0.1

    /// A bound on what a product can cost: products of dense blocks are dense.
    private static func leastCost(
        _ first: FusedBlock, _ second: FusedBlock, qubits: Int
    ) -> Double {
        let isReal = first.isReal && second.isReal
        let isDense = first.isDense && second.isDense
        let work = denseCosts[qubits] * (isReal ? 0.5 : 1)
        return isDense ? work : max(work, movementCost) / 4
    }

    private var isReal: Bool { isDiagonal ? false : shape.isReal }
    private var isDense: Bool {
        !isDiagonal && shape.controls.isEmpty && shape.permutation == nil
    }

    /// Kernel time for each amplitude, in complex multiply-adds.
    var cost: Double {
        if isDiagonal { return Self.movementCost + Self.overhead }
        let share = 1 / Double(1 << shape.controls.count)
        if shape.permutation != nil { return Self.movementCost * share + Self.overhead }
        let work = Self.denseCosts[shape.targets.count] * (shape.isReal ? 0.5 : 1)
        return max(work, Self.movementCost) * share + Self.overhead
    }

    static func mayPay(_ first: FusedBlock, _ second: FusedBlock) -> Bool {
        let qubits = (first.mask | second.mask).nonzeroBitCount
        if first.isDiagonal && second.isDiagonal { return qubits <= maximumDiagonalQubits }
        guard qubits <= maximumDenseQubits else { return false }
        if first.mask & ~second.mask == 0 || second.mask & ~first.mask == 0 { return true }
        // Blocks side by side gain nothing: their joint matrix is as dense as both together.
        if first.mask & second.mask == 0 { return false }
        return leastCost(first, second, qubits: qubits) < first.cost + second.cost
    }

    /// The same block with every qubit's number raised.
    func shifted(by distance: Int) -> FusedBlock {
        var result = self
        result.qubits = qubits.map { $0 + distance }
        result.mask = mask << UInt32(distance)
        return result
    }
}
