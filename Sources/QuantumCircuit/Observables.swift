/// A product of Z operators: ⟨b|Z(mask)|b⟩ = (−1)^(number of ones of b within the mask).
public struct ZString: Hashable, Sendable {
    /// Bit q set: Z on qubit q. Zero is the identity.
    public let mask: UInt32

    public init(mask: UInt32) { self.mask = mask }

    /// Z on each of the given qubits (0…31).
    public init(qubits: Int...) {
        mask = qubits.reduce(0) { $0 | 1 << UInt32($1) }
    }

    /// Number of qubits that it acts on.
    public var weight: Int { mask.nonzeroBitCount }

    /// +1 or −1: the value on a measured bit string.
    public func value(on bits: UInt32) -> Int {
        1 - 2 * ((bits & mask).nonzeroBitCount & 1)
    }
}

extension ZString: CustomStringConvertible {
    /// `Z0Z3`; `I` for the identity.
    public var description: String {
        guard mask != 0 else { return "I" }
        return (0..<32).filter { mask >> UInt32($0) & 1 == 1 }.map { "Z\($0)" }.joined()
    }
}

/// A product of Pauli operators, Hermitian: on qubit q, X if only `x` has bit q, Z if only `z`, Y
/// if both.
public struct PauliString: Hashable, Sendable {
    public let x: UInt32
    public let z: UInt32

    public init(x: UInt32, z: UInt32) {
        self.x = x
        self.z = z
    }

    public init(_ string: ZString) { self.init(x: 0, z: string.mask) }

    /// Number of Y factors.
    public var yCount: Int { (x & z).nonzeroBitCount }
    /// Number of qubits that it acts on.
    public var weight: Int { (x | z).nonzeroBitCount }
    /// Whether it can be read off a measurement in the computational basis.
    public var isDiagonal: Bool { x == 0 }
}
