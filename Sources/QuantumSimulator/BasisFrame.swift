/// How logical basis states are stored: logical bit q is `parity(rows[q] & s) ⊕ flips[q]` of stored
/// state s.
///
/// CX, SWAP and X only change this map; no amplitude moves until a result is read.
struct BasisFrame: Hashable, Sendable {
    /// Stored bits whose parity is the logical bit.
    private(set) var rows: [UInt32]
    /// Stored bits to flip so that exactly this logical bit flips (the inverse map's columns).
    private(set) var flipPatterns: [UInt32]
    private(set) var flips: UInt32 = 0

    init(qubits: Int) {
        rows = (0..<qubits).map { 1 << UInt32($0) }
        flipPatterns = rows
    }

    var isIdentity: Bool {
        flips == 0 && rows.indices.allSatisfy { rows[$0] == 1 << UInt32($0) }
    }

    mutating func applyCX(_ control: Int, _ target: Int) {
        rows[target] ^= rows[control]
        flipPatterns[control] ^= flipPatterns[target]
        flips ^= (flips >> UInt32(control) & 1) << UInt32(target)
    }

    mutating func applySwap(_ first: Int, _ second: Int) {
        rows.swapAt(first, second)
        flipPatterns.swapAt(first, second)
        let differ = (flips >> UInt32(first) ^ flips >> UInt32(second)) & 1
        flips ^= differ << UInt32(first) | differ << UInt32(second)
    }

    mutating func applyX(_ qubit: Int) { flips ^= 1 << UInt32(qubit) }

    /// The stored bit that alone is logical bit `qubit` and enters no other, if there is one.
    func privateBit(of qubit: Int) -> UInt32? {
        let row = rows[qubit]
        return row.nonzeroBitCount == 1 && row == flipPatterns[qubit] ? row : nil
    }

    /// Stored mask whose parity is the logical mask's, up to `isNegated`.
    func storedMask(of logical: UInt32) -> UInt32 { combine(rows, logical) }

    /// Stored bits to flip so that exactly the logical bits in the mask flip.
    func flipPattern(of logical: UInt32) -> UInt32 { combine(flipPatterns, logical) }

    /// Whether the logical parity is the opposite of the stored one.
    func isNegated(_ logical: UInt32) -> Bool { (flips & logical).nonzeroBitCount & 1 == 1 }

    /// Logical basis state of each stored one.
    func logicalStates() -> [UInt32] {
        (0..<UInt32(1) << UInt32(rows.count)).map { stored in
            rows.indices.reduce(flips) { state, qubit in
                state ^ UInt32((rows[qubit] & stored).nonzeroBitCount & 1) << UInt32(qubit)
            }
        }
    }

    private func combine(_ masks: [UInt32], _ logical: UInt32) -> UInt32 {
        masks.indices.reduce(0) { $0 ^ (logical >> UInt32($1) & 1 == 1 ? masks[$1] : 0) }
    }
}
