import QuantumCircuit

/// Where a stored qubit's bit is found while a pass works on a chunk.
struct ChunkLayout {
    enum Place: Hashable {
        /// Within a vector, within the number of a vector in the chunk, within the chunk's number.
        case lane(Int), row(Int), chunk(Int)
    }

    let laneBits: Int
    let rowBits: Int
    let chunkNumberBits: Int
    private let places: [Place]

    /// - Parameter local: the chunk's stored qubits, ascending, the lane bits first.
    init(local: [Int], qubits: Int, laneBits: Int) {
        self.laneBits = laneBits
        rowBits = local.count - laneBits
        chunkNumberBits = qubits - local.count
        var places = [Place](repeating: .chunk(0), count: qubits)
        var outer = 0
        for qubit in 0..<qubits {
            if let bit = local.firstIndex(of: qubit) {
                places[qubit] = bit < laneBits ? .lane(bit) : .row(bit - laneBits)
            } else {
                places[qubit] = .chunk(outer)
                outer += 1
            }
        }
        self.places = places
    }

    func place(of qubit: Int) -> Place { places[qubit] }

    func isLane(_ qubit: Int) -> Bool {
        if case .lane = places[qubit] { true } else { false }
    }
}

/// A matrix over lanes and rows, as the dense kernels read it.
struct LaneMatrix {
    let block: FusedBlock
    let laneBits: [Int]
    let rowBits: [Int]
    private let layout: ChunkLayout
    /// The block's full index of each index over the targets, controls being 1.
    private let places: [Int]

    /// - Parameters:
    ///   - targets: bits of the block's matrix, ascending; lanes come first because stored qubits
    ///     ascend.
    ///   - controls: the other bits.
    init(_ block: FusedBlock, targets: [Int], controls: [Int], _ layout: ChunkLayout) {
        self.block = block
        self.layout = layout
        var (lanes, rows) = ([Int](), [Int]())
        for target in targets {
            switch layout.place(of: block.qubits[target]) {
            case .lane(let bit): lanes.append(bit)
            case .row(let bit): rows.append(bit)
            case .chunk: precondition(false, "the planner keeps targets within the chunk")
            }
        }
        (laneBits, rowBits) = (lanes, rows)
        let held = controls.reduce(0) { $0 | 1 << $1 }
        places = (0..<1 << targets.count).map { index in
            targets.indices.reduce(held) { $0 | (index >> $1 & 1) << targets[$1] }
        }
    }

    /// For each output row, input row and flip of lane bits: the factor, or the factor of each
    /// lane; real parts, then imaginary ones unless `isReal`.
    func coefficients(isReal: Bool) -> [Double] {
        let lanes = laneBits.isEmpty ? 1 : 1 << layout.laneBits
        let (rows, flips) = (1 << rowBits.count, 1 << laneBits.count)
        // What each lane's number says about the target lanes.
        let states = (0..<lanes).map { lane in
            laneBits.indices.reduce(0) { $0 | (lane >> laneBits[$1] & 1) << $1 }
        }
        var result: [Double] = []
        result.reserveCapacity(rows * rows * flips * lanes * (isReal ? 1 : 2))
        for output in 0..<rows {
            for input in 0..<rows {
                for flip in 0..<flips {
                    let values = states.map { state in
                        block.entry(
                            places[output * flips | state], places[input * flips | state ^ flip])
                    }
                    result += values.map(\.re)
                    if !isReal { result += values.map(\.im) }
                }
            }
        }
        return result
    }
}

/// A diagonal over lanes, rows and chunk numbers, as the kernel reads it.
struct DiagonalTable {
    let readsLanes: Bool
    /// Re, im of each table index; a vector of all lanes each if the diagonal reads any.
    let factors: [Double]
    let isIdentity: [UInt8]
    /// Table bits given by the lowest 6 row bits, by the other row bits, by the chunk's number.
    let lowIndex: [UInt32]
    let highIndex: [UInt32]
    let chunkIndex: [UInt32]

    init(_ block: FusedBlock, _ layout: ChunkLayout) {
        let places = block.qubits.map { layout.place(of: $0) }
        let outside = places.indices.filter { !layout.isLane(block.qubits[$0]) }
        readsLanes = outside.count < places.count
        let lanes = readsLanes ? 1 << layout.laneBits : 1
        let inLane = (0..<lanes).map { lane in
            places.indices.reduce(0) { index, bit in
                if case .lane(let place) = places[bit] { return index | (lane >> place & 1) << bit }
                return index
            }
        }
        var (factors, isIdentity) = ([Double](), [UInt8]())
        factors.reserveCapacity(2 * lanes << outside.count)
        for entry in 0..<1 << outside.count {
            let base = outside.indices.reduce(0) { $0 | (entry >> $1 & 1) << outside[$1] }
            let values = inLane.map { block.elements[base | $0] }
            for value in values { factors.append(value.re) }
            for value in values { factors.append(value.im) }
            isIdentity.append(values.allSatisfy { $0 == .one } ? 1 : 0)
        }
        (self.factors, self.isIdentity) = (factors, isIdentity)
        let low = Self.index(places, outside, count: 64) { $0 < 6 ? .row($0) : nil }
        let rows = max(layout.rowBits - 6, 0)
        let high = Self.index(places, outside, count: 1 << rows) { .row($0 + 6) }
        let chunks = 1 << layout.chunkNumberBits
        let outer = Self.index(places, outside, count: chunks) { .chunk($0) }
        (lowIndex, highIndex, chunkIndex) = (low, high, outer)
    }

    /// For each number, the table bits that its bits set; `place` says what a bit of it is.
    private static func index(
        _ places: [ChunkLayout.Place], _ outside: [Int], count: Int,
        _ place: (Int) -> ChunkLayout.Place?
    ) -> [UInt32] {
        var result = [UInt32](repeating: 0, count: count)
        for bit in 0..<count.trailingZeroBitCount {
            guard let wanted = place(bit),
                let table = outside.firstIndex(where: { places[$0] == wanted })
            else { continue }
            for number in 0..<count where number >> bit & 1 == 1 {
                result[number] |= 1 << UInt32(table)
            }
        }
        return result
    }
}
