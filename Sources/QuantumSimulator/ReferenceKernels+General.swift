internal import CQuantumKernels

extension ReferenceKernels {
    // MARK: Chains

    static func chains(
        _ links: [qk_link], _ ends: [UInt32], _ cosines: Reals, _ sines: Reals, _ matrices: Reals
    ) {
        var first = 0
        for (chain, end) in ends.enumerated() {
            let zero = Complex(re: Lane())
            var columns = [[Complex(), zero], [zero, Complex()]]
            for link in links[first..<Int(end)] {
                for index in 0..<2 {
                    columns[index] = unsafe product(link, columns[index], cosines, sines)
                }
            }
            for entry in 0..<4 {
                unsafe setAmplitude(matrices, chain * 4 + entry, columns[entry & 1][entry >> 1])
            }
            first = Int(end)
        }
    }

    private static func product(
        _ link: qk_link, _ column: [Complex], _ cosines: Reals, _ sines: Reals
    ) -> [Complex] {
        let (a, b) = (column[0], column[1])
        let m = link.matrix
        if link.kind == UInt32(qk_link_fixed) {
            return [
                sum(constant(m.0, m.1) * a, constant(m.2, m.3) * b),
                sum(constant(m.4, m.5) * a, constant(m.6, m.7) * b),
            ]
        }
        let c = unsafe lane(cosines, Int(link.slot))
        let s = unsafe lane(sines, Int(link.slot))
        switch link.kind {
        case UInt32(qk_link_phase): return [a, b * Complex(re: c, im: s)]
        case UInt32(qk_link_z):
            return [a * Complex(re: c, im: -s), b * Complex(re: c, im: s)]
        case UInt32(qk_link_x):
            return [
                Complex(re: c * a.re + s * b.im, im: c * a.im - s * b.re),
                Complex(re: c * b.re + s * a.im, im: c * b.im - s * a.re),
            ]
        default:
            return [
                Complex(re: c * a.re - s * b.re, im: c * a.im - s * b.im),
                Complex(re: c * b.re + s * a.re, im: c * b.im + s * a.im),
            ]
        }
    }

    private static func sum(_ a: Complex, _ b: Complex) -> Complex {
        Complex(re: a.re + b.re, im: a.im + b.im)
    }

    private static func constant(_ re: Double, _ im: Double) -> Complex {
        Complex(re: Lane(repeating: re), im: Lane(repeating: im))
    }

    // MARK: Matrices on states

    private static func isOdd(_ mask: UInt32, _ state: Int, _ negated: UInt32, _ bit: Int) -> Bool {
        ((mask & UInt32(state)).nonzeroBitCount ^ Int(negated >> UInt32(bit))) & 1 == 1
    }

    static func pair(_ state: Reals, _ states: Int, _ pairing: qk_pairing, _ matrix: Reals) {
        let m = (0..<4).map { unsafe amplitude(matrix, $0) }
        for first in 0..<states where !isOdd(pairing.orientation, first, pairing.negated, 0) {
            guard isOdd(pairing.control_a, first, pairing.negated, 1),
                isOdd(pairing.control_b, first, pairing.negated, 2)
            else { continue }
            let second = first ^ Int(pairing.flip)
            let (a, b) = unsafe (amplitude(state, first), amplitude(state, second))
            unsafe setAmplitude(state, first, sum(m[0] * a, m[1] * b))
            unsafe setAmplitude(state, second, sum(m[2] * a, m[3] * b))
        }
    }

    static func quads(_ state: Reals, _ states: Int, _ quads: qk_quads, _ matrix: [Double]) {
        let (flip0, flip1) = (Int(quads.flip.0), Int(quads.flip.1))
        for base in 0..<states
        where !isOdd(quads.orientation.0, base, quads.negated, 0)
            && !isOdd(quads.orientation.1, base, quads.negated, 1)
        {
            let places = [base, base ^ flip0, base ^ flip1, base ^ flip0 ^ flip1]
            let a = places.map { unsafe amplitude(state, $0) }
            for row in 0..<4 {
                let terms = (0..<4).map { column in
                    let entry = 8 * row + 2 * column
                    return constant(matrix[entry], matrix[entry + 1]) * a[column]
                }
                unsafe setAmplitude(state, places[row], terms.dropFirst().reduce(terms[0], sum))
            }
        }
    }

    // MARK: Few phases

    static func phaseFactors(
        _ factors: Reals, _ slots: [Int32], _ cosines: Reals, _ sines: Reals
    ) {
        var list = [Complex()]
        if slots[0] >= 0 {
            let slot = Int(slots[0])
            list[0] = unsafe Complex(re: lane(cosines, slot), im: lane(sines, slot))
        }
        for slot in slots.dropFirst() {
            let (c, s) = unsafe (lane(cosines, Int(slot)), lane(sines, Int(slot)))
            let upper = list.map { $0 * Complex(re: c, im: -s) }
            list = list.map { $0 * Complex(re: c, im: s) } + upper
        }
        for (index, value) in list.enumerated() { unsafe setAmplitude(factors, index, value) }
    }

    static func multiplyGroups(
        _ state: Reals, _ states: Int, _ groups: Int, _ factors: Reals, _ patterns: [UInt8]
    ) {
        for index in 0..<states {
            let own = (0..<groups).map { group in
                let place = group * Int(qk_group_patterns) + Int(patterns[index * groups + group])
                return unsafe amplitude(factors, place)
            }
            let factor = own.dropFirst().reduce(own[0], *)
            unsafe setAmplitude(state, index, amplitude(state, index) * factor)
        }
    }

    // MARK: Product states

    static func startProduct(
        _ state: Reals, _ qubits: Int, _ starts: [Int32], _ matrices: Reals
    ) {
        unsafe setAmplitude(state, 0, Complex())
        for (bit, start) in starts.enumerated() {
            for low in 0..<(1 << bit) {
                let value = unsafe amplitude(state, low)
                var (first, second) = (value, value)
                if start == Int32(qk_start_zero) {
                    second = Complex(re: Lane())
                } else if start >= 0 {
                    let matrix = Int(start) * 4
                    first = unsafe value * amplitude(matrices, matrix)
                    second = unsafe value * amplitude(matrices, matrix + 2)
                }
                unsafe setAmplitude(state, low, first)
                unsafe setAmplitude(state, low + 1 << bit, second)
            }
        }
    }

    // MARK: Closed forms

    static func closedForm(
        _ form: ClosedForm, _ strings: [qk_form_string], _ weights: [Double], _ cosines: Reals,
        _ sines: Reals, _ valid: Int, _ expectations: Reals, _ means: Reals
    ) {
        func part(_ slot: Int32) -> (cosine: Lane, sine: Lane) {
            guard slot >= 0 else { return (Lane(repeating: 1), Lane()) }
            return unsafe (lane(cosines, Int(slot)), lane(sines, Int(slot)))
        }
        func value(_ string: qk_form_string) -> Lane {
            guard string.first >= 0 else { return Lane(repeating: string.sign) }
            let (i, j) = (Int(string.first), Int(string.second))
            let (a, b) = (part(form.linear[i]), part(form.linear[j]))
            var total = i == j ? a.cosine : a.cosine * b.cosine - a.sine * b.sine
            var difference = i == j ? a.cosine : a.cosine * b.cosine + a.sine * b.sine
            for k in 0..<form.qubits where k != i && k != j {
                let (c, d) = (
                    part(form.pairs[i * form.qubits + k]), part(form.pairs[j * form.qubits + k])
                )
                if i == j {
                    total *= c.cosine
                } else {
                    let (even, odd) = (c.cosine * d.cosine, c.sine * d.sine)
                    total *= even - odd
                    difference *= even + odd
                }
            }
            return i == j ? string.sign * total : string.sign * (0.5 * (total + difference))
        }
        var sums = Lane()
        for (index, string) in strings.enumerated() {
            let values = value(string)
            sums += weights[index] * values
            for row in 0..<valid { unsafe expectations[row * strings.count + index] = values[row] }
        }
        for row in 0..<valid { unsafe means[row] = sums[row] }
    }
}
