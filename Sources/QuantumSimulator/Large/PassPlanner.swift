/// Cuts a list of blocks into passes: in each, the state is brought into cache chunk by chunk, and
/// every block runs that acts within a chunk.
struct PassPlanner {
    struct Pass {
        /// Stored qubits whose states lie side by side in a chunk, ascending.
        let local: [Int]
        let blocks: [FusedBlock]
    }

    let qubits: Int
    /// Qubits of a chunk.
    let chunkBits: Int
    /// The lowest qubits, always in a chunk: memory is moved in runs of 2^runBits amplitudes.
    let runBits: Int

    func plan(_ blocks: [FusedBlock]) -> [Pass] {
        var rest = blocks.map { (block: $0, needs: Self.needs($0)) }
        var passes: [Pass] = []
        while !rest.isEmpty {
            var local: UInt32 = 1 << UInt32(runBits) - 1
            var (taken, left) = ([FusedBlock](), [(block: FusedBlock, needs: UInt32)]())
            // Qubits of blocks left behind, those met by diagonals only apart: diagonals commute.
            var (blocked, blockedByDiagonals): (UInt32, UInt32) = (0, 0)
            for item in rest {
                let mask = item.block.mask
                let isFree =
                    mask & blocked == 0
                    && (item.block.isDiagonal || mask & blockedByDiagonals == 0)
                if isFree && (local | item.needs).nonzeroBitCount <= chunkBits {
                    local |= item.needs
                    taken.append(item.block)
                } else {
                    if item.block.isDiagonal {
                        blockedByDiagonals |= mask
                    } else {
                        blocked |= mask
                    }
                    left.append(item)
                }
            }
            passes.append(Pass(local: filled(local), blocks: taken))
            rest = left
        }
        return passes
    }

    /// Qubits that a chunk must hold: diagonals and controls are constants where it does not.
    private static func needs(_ block: FusedBlock) -> UInt32 {
        if block.isDiagonal { return 0 }
        return block.shape.targets.reduce(0) { $0 | 1 << UInt32(block.qubits[$1]) }
    }

    /// Unused places go to the lowest qubits left: longer runs of memory.
    private func filled(_ local: UInt32) -> [Int] {
        var mask = local
        for qubit in 0..<qubits where mask.nonzeroBitCount < chunkBits {
            mask |= 1 << UInt32(qubit)
        }
        return (0..<qubits).filter { mask >> UInt32($0) & 1 == 1 }
    }
}
