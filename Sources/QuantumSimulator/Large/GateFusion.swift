/// What gates are joined into: a linear map on a few qubits with a price.
protocol FusibleBlock {
    /// Ascending, and the same as a mask.
    var qubits: [Int] { get }
    var mask: UInt32 { get }
    /// Time to apply it, in any unit.
    var cost: Double { get }
    /// `later · self` on the union of both blocks' qubits.
    func followed(by later: Self) -> Self
    /// Whether a joint block is possible and could cost less than both: products are only made
    /// then.
    static func mayPay(_ first: Self, _ second: Self) -> Bool
}

/// Greedy fusion: each gate joins the block where it adds least time, or opens its own.
///
/// A block stands at its last gate's place. A gate may join any block after which nothing touches
/// the gate's qubits; a block may swallow an earlier one that nothing separates from it. Whatever
/// is joined has become cheaper, so the result never costs more than the gates one by one.
struct GateFusion<Block: FusibleBlock> {
    /// Blocks at the end that a gate is tried with: fusion is linear in the number of gates.
    private static var window: Int { 48 }
    /// Larger matrices cost more than several blocks on fewer qubits.
    private static var gatheredQubits: Int { 3 }

    private var blocks: [Block?] = []
    /// Block numbers that touch each qubit, ascending.
    private var history: [[Int]]

    private init(qubits: Int) {
        history = [[Int]](repeating: [], count: qubits)
    }

    /// - Parameter gates: in order, on qubits below `qubits`.
    static func fuse(_ gates: [Block], qubits: Int) -> [Block] {
        var fusion = GateFusion(qubits: qubits)
        for gate in gates { fusion.add(gate) }
        return fusion.blocks.compactMap { $0 }
    }

    private mutating func add(_ gate: Block) {
        var best = (increase: gate.cost, block: gate, number: blocks.count)
        let earliest = gate.qubits.compactMap { history[$0].last }.max() ?? 0
        for number in max(earliest, blocks.count - Self.window)..<max(blocks.count, earliest) {
            guard let present = blocks[number], Block.mayPay(present, gate) else { continue }
            let joined = present.followed(by: gate)
            let increase = joined.cost - present.cost
            if increase < best.increase { best = (increase, joined, number) }
        }
        if let gathered = gathered(before: gate), gathered.increase < best.increase {
            for number in gathered.numbers { remove(number) }
            best = (gathered.increase, gathered.block, blocks.count)
        }
        if best.number == blocks.count {
            blocks.append(best.block)
            touch(best.block.qubits, best.number)
        } else {
            blocks[best.number] = best.block
            // The block's own qubits may have gone on to later blocks since.
            touch(gate.qubits, best.number)
        }
        swallowPredecessors(of: best.number)
    }

    /// The gate together with the last blocks on all of its qubits: pays where one alone does not,
    /// as for rotations on both qubits of a CX.
    private func gathered(
        before gate: Block
    ) -> (increase: Double, block: Block, numbers: [Int])? {
        let numbers = Set(gate.qubits.compactMap { history[$0].last }).sorted()
        guard numbers.count > 1 else { return nil }
        let parts = numbers.compactMap { number in
            blocks[number].flatMap { block in
                block.qubits.allSatisfy { history[$0].last == number } ? block : nil
            }
        }
        let union = parts.reduce(gate.mask) { $0 | $1.mask }
        guard parts.count == numbers.count, union.nonzeroBitCount <= Self.gatheredQubits else {
            return nil
        }
        let whole = parts.dropFirst().reduce(parts[0]) { $0.followed(by: $1) }
            .followed(by: gate)
        return (whole.cost - parts.reduce(0) { $0 + $1.cost }, whole, numbers)
    }

    private mutating func remove(_ number: Int) {
        for qubit in blocks[number]?.qubits ?? [] { history[qubit].removeAll { $0 == number } }
        blocks[number] = nil
    }

    private mutating func touch(_ qubits: [Int], _ number: Int) {
        for qubit in qubits where history[qubit].last != number { history[qubit].append(number) }
    }

    /// A block's qubits end in it: later blocks touch none, or it could not have been joined.
    private mutating func swallowPredecessors(of number: Int) {
        var tried: Set<Int> = []
        while let present = blocks[number],
            let earlier = predecessor(of: number, present, except: tried)
        {
            tried.insert(earlier)
            guard let first = blocks[earlier], Block.mayPay(first, present) else { continue }
            let joined = first.followed(by: present)
            if joined.cost >= first.cost + present.cost { continue }
            remove(earlier)
            blocks[number] = joined
            for qubit in first.qubits {
                if !history[qubit].contains(number) {
                    let place = history[qubit].firstIndex { $0 > number } ?? history[qubit].count
                    history[qubit].insert(number, at: place)
                }
            }
        }
    }

    /// An earlier block whose every qubit next meets this block or none before it.
    private func predecessor(
        of number: Int, _ block: Block, except tried: Set<Int>
    ) -> Int? {
        for qubit in block.qubits {
            guard let candidate = history[qubit].last(where: { $0 < number }),
                !tried.contains(candidate), let earlier = blocks[candidate]
            else { continue }
            let isFree = earlier.qubits.allSatisfy { other in
                history[other].allSatisfy { $0 <= candidate || $0 >= number }
            }
            if isFree { return candidate }
        }
        return nil
    }
}
