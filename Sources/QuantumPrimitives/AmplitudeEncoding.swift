private import Glibc
public import QuantumCircuit

/// A vector of 2^n numbers as the amplitudes of n qubits, by uniformly controlled rotations
/// (Möttönen et al., "Transformation of quantum states using uniformly controlled rotations",
/// Quantum Inf. Comput. 5 (2005)).
///
/// The circuit is one template per size, whose parameters `parameters(for:)` computes from a
/// vector: many vectors share one plan. Amplitude b belongs to the basis state with qubit 0 as its
/// least significant bit.
public struct AmplitudeEncoding: Hashable, Sendable {
    public static let maximumQubits = 12

    public let qubits: Int
    /// Whether vectors may be complex; real ones need half of the gates.
    public let isComplex: Bool

    /// - Parameter qubits: 1…`maximumQubits`.
    public init(qubits: Int, isComplex: Bool = false) throws(CircuitError) {
        guard (1...Self.maximumQubits).contains(qubits) else {
            throw .template(
                name: "AmplitudeEncoding", option: "qubits", value: qubits,
                allowed: 1...Self.maximumQubits)
        }
        self.qubits = qubits
        self.isComplex = isComplex
    }

    /// Angles of the template: 2^n − 1, twice for complex vectors.
    public var parameterCount: Int { ((1 << qubits) - 1) * (isComplex ? 2 : 1) }

    /// RY from the highest qubit down, each under all qubits above it; then, for complex vectors,
    /// RZ from the lowest qubit up.
    public func circuit() throws(CircuitError) -> Circuit {
        var circuit = try Circuit(qubits: qubits, parameters: parameterCount)
        var next = 0
        for target in (0..<qubits).reversed() {
            try append(target, &next, &circuit) { .ry($0) }
        }
        if isComplex {
            for target in 0..<qubits { try append(target, &next, &circuit) { .rz($0) } }
        }
        return circuit
    }

    /// A rotation of the target for each state of the qubits above it: rotations between CX whose
    /// control is the bit in which the Gray code changes next.
    private func append(
        _ target: Int, _ next: inout Int, _ circuit: inout Circuit,
        _ rotation: (ParameterExpression) -> Gate
    ) throws(CircuitError) {
        let controls = qubits - 1 - target
        for step in 0..<1 << controls {
            try circuit.append(rotation(.parameter(next)), target)
            next += 1
            guard controls > 0 else { continue }
            let changed = step + 1 == 1 << controls ? controls - 1 : (step + 1).trailingZeroBitCount
            try circuit.append(.cx, target + 1 + changed, target)
        }
    }

    // MARK: Angles

    /// The template's parameters for a real vector.
    ///
    /// - Parameter vector: up to 2^n finite numbers, not all zero; padded with zeros, scaled to
    ///   length 1.
    public func parameters(for vector: [Double]) throws(CircuitError) -> [Double] {
        try parameters(for: vector.map { Complex($0) })
    }

    /// The template's parameters for a complex vector; the state's global phase is left open.
    public func parameters(for vector: [Complex]) throws(CircuitError) -> [Double] {
        let norm = vector.reduce(0) { $0 + $1.normSquared }
        guard vector.count <= 1 << qubits, norm.isFinite, norm > 0,
            isComplex || vector.allSatisfy({ $0.im == 0 })
        else {
            throw .templateText(
                name: "AmplitudeEncoding", option: "vector",
                value: "\(vector.count) numbers of squared norm \(norm)",
                allowed: "up to \(1 << qubits) finite \(isComplex ? "" : "real ")numbers, not all 0"
            )
        }
        let padded = vector + [Complex](repeating: .zero, count: (1 << qubits) - vector.count)
        let rotations = isComplex ? padded.map(\.magnitude) : padded.map(\.re)
        let magnitudes = Self.magnitudeAngles(rotations)
        if !isComplex { return magnitudes }
        return magnitudes + Self.phaseAngles(padded.map { atan2($0.im, $0.re) })
    }

    /// Signs live in the lowest qubit's rotations: 2·atan2(a₁, a₀).
    private static func magnitudeAngles(_ amplitudes: [Double]) -> [Double] {
        var level = amplitudes
        var result: [[Double]] = []
        while level.count > 1 {
            let pairs = (0..<level.count / 2).map { (level[2 * $0], level[2 * $0 + 1]) }
            result.append(grayAngles(pairs.map { 2 * atan2($0.1, $0.0) }))
            level = pairs.map { hypot($0.0, $0.1) }
        }
        return result.reversed().flatMap { $0 }
    }

    /// RZ gives each pair of neighbours its difference and leaves their mean to the qubits above.
    private static func phaseAngles(_ phases: [Double]) -> [Double] {
        var level = phases
        var result: [Double] = []
        while level.count > 1 {
            let pairs = (0..<level.count / 2).map { (level[2 * $0], level[2 * $0 + 1]) }
            result += grayAngles(pairs.map { $0.1 - $0.0 })
            level = pairs.map { ($0.0 + $0.1) / 2 }
        }
        return result
    }

    /// Angles of the plain rotations from those of the controlled ones: θᵢ = 2⁻ᵏ Σⱼ
    /// (−1)^(j·gray(i)) αⱼ, a Walsh–Hadamard transform read in Gray order.
    private static func grayAngles(_ angles: [Double]) -> [Double] {
        var sums = angles
        var half = 1
        while half < sums.count {
            for low in sums.indices where low & half == 0 {
                let (x, y) = (sums[low], sums[low | half])
                sums[low] = x + y
                sums[low | half] = x - y
            }
            half *= 2
        }
        return sums.indices.map { sums[$0 ^ ($0 >> 1)] / Double(sums.count) }
    }
}
