internal import CQuantumKernels
import QuantumCircuit

/// Angle expressions and phases as flat arrays, in memory that does not move.
@safe struct AngleProgram: ~Copyable {
    let program: qk_program
    private let factors: UnsafeMutableBufferPointer<qk_factor>
    private let terms: UnsafeMutableBufferPointer<qk_term>
    private let termOffsets: UnsafeMutableBufferPointer<UInt32>
    private let shares: UnsafeMutableBufferPointer<qk_share>
    private let shareOffsets: UnsafeMutableBufferPointer<UInt32>
    private let constants: UnsafeMutableBufferPointer<Double>

    init(angles: [ParameterExpression], slots: [LinearPhase]) {
        var (factorList, termList, termEnds) = ([qk_factor](), [qk_term](), [UInt32(0)])
        for angle in angles {
            for term in angle.terms {
                let first = UInt32(factorList.count)
                factorList += term.factors.map {
                    qk_factor(scale: $0.scale, offset: $0.offset, parameter: UInt32($0.parameter))
                }
                termList.append(
                    qk_term(
                        coefficient: term.coefficient, first_factor: first,
                        end_factor: UInt32(factorList.count)))
            }
            termEnds.append(UInt32(termList.count))
        }
        var (shareList, shareEnds) = ([qk_share](), [UInt32(0)])
        for slot in slots {
            shareList += slot.coefficients.sorted { $0.key < $1.key }.map {
                qk_share(coefficient: $0.value, angle: UInt32($0.key))
            }
            shareEnds.append(UInt32(shareList.count))
        }
        unsafe factors = Self.copy(factorList)
        unsafe terms = Self.copy(termList)
        unsafe termOffsets = Self.copy(termEnds)
        unsafe shares = Self.copy(shareList)
        unsafe shareOffsets = Self.copy(shareEnds)
        unsafe constants = Self.copy(slots.map(\.constant))
        unsafe program = qk_program(
            factors: factors.baseAddress, terms: terms.baseAddress,
            term_offsets: termOffsets.baseAddress, angles: UInt32(angles.count),
            shares: shares.baseAddress, share_offsets: shareOffsets.baseAddress,
            constants: constants.baseAddress, slots: UInt32(slots.count))
    }

    private static func copy<Element>(_ list: [Element]) -> UnsafeMutableBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(list.count, 1))
        _ = unsafe buffer.initialize(fromContentsOf: list)
        return unsafe buffer
    }

    deinit {
        unsafe factors.deallocate()
        unsafe terms.deallocate()
        unsafe termOffsets.deallocate()
        unsafe shares.deallocate()
        unsafe shareOffsets.deallocate()
        unsafe constants.deallocate()
    }
}
