internal import CQuantumKernels

extension ReferenceKernels {
    private static func isOdd(_ mask: UInt32, _ state: Int) -> Bool {
        (mask & UInt32(state)).nonzeroBitCount & 1 == 1
    }

    /// Real or, crossed, imaginary part of conj(a)·b, with its sign.
    private static func part(_ a: Complex, _ b: Complex, crossed: Bool, negative: Bool) -> Lane {
        let value = crossed ? a.re * b.im - a.im * b.re : a.re * b.re + a.im * b.im
        return negative ? -value : value
    }

    static func pauliExpectation(
        _ state: Reals, _ states: Int, _ pauli: KernelSet.StoredPauli, _ scale: Double,
        _ output: Reals
    ) {
        var sum = Lane()
        let flip = Int(pauli.flip)
        let pivot = flip == 0 ? 0 : 1 << (Int.bitWidth - 1 - flip.leadingZeroBitCount)
        for first in 0..<states where first & pivot == 0 {
            let second = first ^ flip
            let (a, b) = unsafe (amplitude(state, first), amplitude(state, second))
            sum += part(
                a, b, crossed: pauli.quarterTurns & 1 == 1, negative: isOdd(pauli.sign, second))
        }
        let isNegative = pauli.quarterTurns == 1 || pauli.quarterTurns == 2
        let factor = flip == 0 ? scale : 2 * scale
        unsafe set(output, 0, (isNegative ? -factor : factor) * sum)
    }

    static func addPauli(
        _ state: Reals, _ states: Int, _ pauli: KernelSet.StoredPauli, _ coefficient: Double,
        _ output: Reals
    ) {
        for index in 0..<states {
            let source = index ^ Int(pauli.flip)
            let (a, out) = unsafe (amplitude(state, source), amplitude(output, index))
            let isNegative = (pauli.quarterTurns >> 1 == 1) != isOdd(pauli.sign, source)
            let c = isNegative ? -coefficient : coefficient
            let sum =
                pauli.quarterTurns & 1 == 1
                ? Complex(re: out.re - c * a.im, im: out.im + c * a.re)
                : Complex(re: out.re + c * a.re, im: out.im + c * a.im)
            unsafe setAmplitude(output, index, sum)
        }
    }

    static func weigh(_ state: Reals, _ states: Int, _ weights: [Double], _ output: Reals) {
        for index in 0..<states {
            let a = unsafe amplitude(state, index)
            let weighed = Complex(re: weights[index] * a.re, im: weights[index] * a.im)
            unsafe setAmplitude(output, index, weighed)
        }
    }

    static func realOverlap(
        _ a: Reals, _ b: Reals, _ states: Int, _ scale: Double, _ output: Reals
    ) {
        var sum = Lane()
        for index in 0..<states {
            sum += unsafe part(
                amplitude(a, index), amplitude(b, index), crossed: false, negative: false)
        }
        unsafe set(output, 0, scale * sum)
    }

    // MARK: Derivatives

    static func rotateBack(
        _ state: Reals, _ adjoint: Reals, _ states: Int, _ rotation: SimulationPlan.Rotation,
        _ cosines: Reals, _ sines: Reals, _ scale: Double, _ gradient: Reals
    ) {
        var sum = Lane()
        let pivot = 1 << (31 - rotation.flip.leadingZeroBitCount)
        let crossed = rotation.quarterTurns & 1 == 0
        for first in 0..<states where first & pivot == 0 {
            let second = first ^ Int(rotation.flip)
            for (left, right) in [(first, second), (second, first)] {
                sum += unsafe part(
                    amplitude(adjoint, left), amplitude(state, right), crossed: crossed,
                    negative: isOdd(rotation.sign, right))
            }
        }
        unsafe set(gradient, 0, (rotation.quarterTurns < 2 ? 2 * scale : -2 * scale) * sum)
        var negated = unsafe [Double](UnsafeBufferPointer(start: sines, count: 8)).map { -$0 }
        unsafe negated.withUnsafeMutableBufferPointer { buffer in
            guard let opposite = buffer.baseAddress else { return }
            unsafe rotate(state, states, rotation, cosines, opposite)
            unsafe rotate(adjoint, states, rotation, cosines, opposite)
        }
    }

    static func crossedProducts(
        _ adjoint: Reals, _ state: Reals, _ states: Int, _ scale: Double, _ products: Reals
    ) {
        for index in 0..<states {
            let value = unsafe part(
                amplitude(adjoint, index), amplitude(state, index), crossed: true,
                negative: false)
            unsafe set(products, index, scale * value)
        }
    }

    static func pullBack(
        _ program: qk_program, _ parameters: Reals, _ slotGradients: Reals,
        _ angleGradients: Reals, _ gradients: Reals
    ) {
        for angle in 0..<Int(unsafe program.angles) { unsafe set(angleGradients, angle, Lane()) }
        for slot in 0..<Int(unsafe program.slots) {
            let range = unsafe program.share_offsets[slot]..<program.share_offsets[slot + 1]
            for index in range {
                let share = unsafe program.shares[Int(index)]
                let sum = unsafe lane(angleGradients, Int(share.angle))
                unsafe set(
                    angleGradients, Int(share.angle),
                    sum + share.coefficient * lane(slotGradients, slot))
            }
        }
        for angle in 0..<Int(unsafe program.angles) {
            let range = unsafe program.term_offsets[angle]..<program.term_offsets[angle + 1]
            for index in range {
                let term = unsafe program.terms[Int(index)]
                for own in term.first_factor..<term.end_factor {
                    let factor = unsafe program.factors[Int(own)]
                    var product =
                        unsafe (term.coefficient * factor.scale)
                        * lane(angleGradients, angle)
                    for other in term.first_factor..<term.end_factor where other != own {
                        let next = unsafe program.factors[Int(other)]
                        let x = unsafe lane(parameters, Int(next.parameter))
                        product *= next.scale * x + next.offset
                    }
                    let parameter = Int(factor.parameter)
                    unsafe set(gradients, parameter, lane(gradients, parameter) + product)
                }
            }
        }
    }
}
