import QuantumCircuit

/// An angle that is affine in a plan's distinct angle expressions: `constant + Σ
/// coefficient·angle[index]`.
struct LinearPhase: Hashable, Sendable {
    var constant = 0.0
    /// Coefficient of each angle expression, by its index in the plan.
    var coefficients: [Int: Double] = [:]

    var isZero: Bool { constant == 0 && coefficients.isEmpty }

    mutating func add(_ other: LinearPhase, times scale: Double) {
        constant += scale * other.constant
        for (index, coefficient) in other.coefficients {
            let sum = coefficients[index, default: 0] + scale * coefficient
            coefficients[index] = sum == 0 ? nil : sum
        }
    }

    func scaled(by scale: Double) -> LinearPhase {
        var result = LinearPhase()
        result.add(self, times: scale)
        return result
    }
}

/// A diagonal operator `exp i Σ phase(mask)·(−1)^popcount(mask & s)` over stored basis states s.
struct PhasePolynomial: Hashable, Sendable {
    /// Phases in the Walsh (parity) basis; mask 0 is a global phase.
    var terms: [UInt32: LinearPhase] = [:]

    var isIdentity: Bool { terms.isEmpty }
    /// The largest number of stored bits that one term reads.
    var degree: Int { terms.keys.map(\.nonzeroBitCount).max() ?? 0 }

    mutating func add(_ phase: LinearPhase, times scale: Double, mask: UInt32) {
        var sum = terms[mask] ?? LinearPhase()
        sum.add(phase, times: scale)
        terms[mask] = sum.isZero ? nil : sum
    }

    /// Whether flipping the stored bits `flip` leaves every term as it is.
    func commutes(withFlipping flip: UInt32) -> Bool {
        terms.keys.allSatisfy { ($0 & flip).nonzeroBitCount & 1 == 0 }
    }

    /// The same polynomial in products of bits, for degree up to 2: χᵢ = 1−2bᵢ, χᵢⱼ =
    /// 1−2bᵢ−2bⱼ+4bᵢbⱼ.
    ///
    /// Masks of the result are products of bits, not parities.
    var monomials: [UInt32: LinearPhase] {
        var result = PhasePolynomial()
        for (mask, phase) in terms {
            result.add(phase, times: 1, mask: 0)
            var rest = mask
            while rest != 0 {
                let bit = rest & (~rest &+ 1)
                result.add(phase, times: -2, mask: bit)
                rest ^= bit
            }
            if mask.nonzeroBitCount == 2 { result.add(phase, times: 4, mask: mask) }
        }
        return result.terms
    }
}
