extension ReferenceKernels {
    struct Complex {
        var re = Lane(repeating: 1)
        var im = Lane()

        static func * (a: Complex, b: Complex) -> Complex {
            Complex(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re)
        }
    }

    static func amplitude(_ state: Reals, _ index: Int) -> Complex {
        unsafe Complex(re: lane(state, 2 * index), im: lane(state, 2 * index + 1))
    }

    static func setAmplitude(_ state: Reals, _ index: Int, _ value: Complex) {
        unsafe set(state, 2 * index, value.re)
        unsafe set(state, 2 * index + 1, value.im)
    }

    // MARK: Phase tables

    static func twoLocalTable(
        _ table: Reals, _ qubits: Int, _ constant: Int, _ linear: [Int32], _ pairs: [Int32],
        _ cosines: Reals, _ sines: Reals
    ) {
        func phase(_ slot: Int) -> Complex? {
            slot < 0 ? nil : unsafe Complex(re: lane(cosines, slot), im: lane(sines, slot))
        }
        unsafe setAmplitude(table, 0, phase(constant) ?? Complex())
        for high in 0..<qubits {
            let half = 1 << high
            let row = (0..<high).map { phase(Int(pairs[high * (high - 1) / 2 + $0])) }
            let first = phase(Int(linear[high]))
            for low in 0..<half {
                var factor: Complex? = first
                for bit in 0..<high where low >> bit & 1 == 1 {
                    if let pair = row[bit] { factor = (factor ?? Complex()) * pair }
                }
                let value = unsafe amplitude(table, low)
                unsafe setAmplitude(table, low + half, factor.map { value * $0 } ?? value)
            }
        }
    }

    static func parityTable(
        _ table: Reals, _ scratch: Reals, _ qubits: Int, _ masks: [Int32], _ slots: [Int32],
        _ phases: Reals
    ) {
        let states = 1 << qubits
        unsafe scratch.update(repeating: 0, count: states * 8)
        for (mask, slot) in zip(masks, slots) {
            unsafe set(scratch, Int(UInt32(bitPattern: mask)), lane(phases, Int(slot)))
        }
        unsafe walsh(scratch, qubits, UInt32(states - 1), 8)
        for state in 0..<states {
            let base = unsafe table + state * 16
            unsafe sincos(scratch + state * 8, base, base + 8, 1)
        }
    }

    // MARK: States

    static func start(_ state: Reals, _ qubits: Int, _ uniform: UInt32) {
        for index in 0..<(1 << qubits) {
            let value: Double = UInt32(index) & ~uniform == 0 ? 1 : 0
            unsafe setAmplitude(state, index, Complex(re: Lane(repeating: value)))
        }
    }

    static func multiply(_ state: Reals, _ table: Reals, _ states: Int) {
        for index in 0..<states {
            let product = unsafe amplitude(state, index) * amplitude(table, index)
            unsafe setAmplitude(state, index, product)
        }
    }

    static func walsh(_ data: Reals, _ bits: Int, _ mask: UInt32, _ width: Int) {
        let vectors = width / 8
        for bit in 0..<bits where mask >> UInt32(bit) & 1 == 1 {
            unsafe butterflies(data, (1 << bits) * vectors, distance: vectors << bit)
        }
    }

    /// Every mask, from the highest bit down; the C kernel leaves out what weights up to 2 do not
    /// need.
    static func walshToPairs(_ data: Reals, _ bits: Int) {
        for bit in (0..<bits).reversed() { unsafe butterflies(data, 1 << bits, distance: 1 << bit) }
    }

    private static func butterflies(_ data: Reals, _ vectors: Int, distance: Int) {
        for low in 0..<vectors where low & distance == 0 {
            let (x, y) = unsafe (lane(data, low), lane(data, low + distance))
            unsafe set(data, low, x + y)
            unsafe set(data, low + distance, x - y)
        }
    }

    static func rotate(
        _ state: Reals, _ states: Int, _ rotation: SimulationPlan.Rotation, _ cosines: Reals,
        _ sines: Reals
    ) {
        let (cosine, sine) = unsafe (lane(cosines, 0), lane(sines, 0))
        let negative = rotation.quarterTurns == 0 || rotation.quarterTurns == 3
        let isImaginary = rotation.quarterTurns & 1 == 0
        let pivot = UInt32(1) << UInt32(31 - rotation.flip.leadingZeroBitCount)
        // a·cos + g·b, where g is ±sin or ±i·sin, its sign by the partner's parity.
        func mixed(_ a: Complex, _ b: Complex, _ partner: UInt32) -> Complex {
            let odd = (rotation.sign & partner).nonzeroBitCount & 1 == 1
            let g = negative != odd ? -sine : sine
            return isImaginary
                ? Complex(re: cosine * a.re - g * b.im, im: cosine * a.im + g * b.re)
                : Complex(re: cosine * a.re + g * b.re, im: cosine * a.im + g * b.im)
        }
        for first in 0..<UInt32(states) where first & pivot == 0 {
            let second = first ^ rotation.flip
            let a = unsafe amplitude(state, Int(first))
            let b = unsafe amplitude(state, Int(second))
            unsafe setAmplitude(state, Int(first), mixed(a, b, second))
            unsafe setAmplitude(state, Int(second), mixed(b, a, first))
        }
    }

    static func probabilities(
        _ state: Reals, _ states: Int, _ scale: Double, _ order: [UInt32], _ output: Reals
    ) {
        for index in 0..<states {
            let a = unsafe amplitude(state, index)
            let target = order.isEmpty ? index : Int(order[index])
            unsafe set(output, target, scale * (a.re * a.re + a.im * a.im))
        }
    }

    static func readStrings(
        _ transformed: Reals, _ masks: [UInt32], _ weights: [Double], _ valid: Int,
        _ expectations: Reals, _ means: Reals
    ) {
        var sum = Lane()
        for (index, mask) in masks.enumerated() {
            let values = unsafe lane(transformed, Int(mask))
            sum += weights[index] * values
            for row in 0..<valid { unsafe expectations[row * masks.count + index] = values[row] }
        }
        for row in 0..<valid { unsafe means[row] = sum[row] }
    }
}
