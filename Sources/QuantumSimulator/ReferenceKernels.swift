internal import CQuantumKernels

/// The kernels in plain Swift, one record lane vector at a time: what the C kernels must equal bit
/// for bit.
///
/// Written for reading, not for speed; the order of every rounding operation is the same.
enum ReferenceKernels {
    typealias Reals = UnsafeMutablePointer<Double>
    typealias Lane = SIMD8<Double>

    static func lane(_ base: UnsafePointer<Double>, _ index: Int) -> Lane {
        unsafe UnsafeRawPointer(base + index * 8).loadUnaligned(as: Lane.self)
    }

    static func lane(_ base: Reals, _ index: Int) -> Lane {
        unsafe lane(UnsafePointer(base), index)
    }

    static func set(_ base: Reals, _ index: Int, _ value: Lane) {
        unsafe UnsafeMutableRawPointer(base + index * 8).storeBytes(of: value, as: Lane.self)
    }

    // MARK: Angles

    static func loadLanes(
        _ rows: UnsafePointer<Double>, _ width: Int, _ valid: Int, _ lanes: Reals
    ) {
        for lane in 0..<8 {
            for column in 0..<width {
                unsafe lanes[column * 8 + lane] = rows[min(lane, valid - 1) * width + column]
            }
        }
    }

    static func storeLanes(_ lanes: Reals, _ width: Int, _ valid: Int, _ rows: Reals) {
        for lane in 0..<valid {
            for column in 0..<width {
                unsafe rows[lane * width + column] = lanes[column * 8 + lane]
            }
        }
    }

    static func phases(
        _ program: qk_program, _ parameters: Reals, _ angles: Reals, _ slots: Reals
    ) {
        for angle in 0..<Int(unsafe program.angles) {
            var sum = Lane()
            let range = unsafe program.term_offsets[angle]..<program.term_offsets[angle + 1]
            for index in range {
                let term = unsafe program.terms[Int(index)]
                var product = Lane(repeating: term.coefficient)
                for position in term.first_factor..<term.end_factor {
                    let factor = unsafe program.factors[Int(position)]
                    let x = unsafe lane(parameters, Int(factor.parameter))
                    product *= factor.scale * x + factor.offset
                }
                sum += product
            }
            unsafe set(angles, angle, sum)
        }
        for slot in 0..<Int(unsafe program.slots) {
            var sum = unsafe Lane(repeating: program.constants[slot])
            let range = unsafe program.share_offsets[slot]..<program.share_offsets[slot + 1]
            for index in range {
                let share = unsafe program.shares[Int(index)]
                sum += unsafe share.coefficient * lane(angles, Int(share.angle))
            }
            unsafe set(slots, slot, sum)
        }
    }

    /// Cody–Waite reduction by π/2 and fdlibm's kernel polynomials.
    static func sincos(_ input: Double) -> (cosine: Double, sine: Double) {
        let magic = 0x1.8p52
        var x = input > 1e8 ? 1e8 : input
        x = x < -1e8 ? -1e8 : x
        let shifted = x * 0x1.45f306dc9c883p-1 + magic
        let k = shifted - magic
        var r = x - k * 0x1.921fb54p+0
        r -= k * 0x1.10b461p-30
        r -= k * 0x1.a62633p-58
        r -= k * 0x1.45c06e0e68948p-86
        let z = r * r
        let p = horner(
            z, 1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
            -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01)
        let q = horner(
            z, -1.13596475577881948265e-11, 2.08757232129817482790e-09,
            -2.75573143513906633035e-07, 2.48015872894767294178e-05, -1.38888888888741095749e-03,
            4.16666666666666019037e-02)
        let (s, c) = (r + r * z * p, (1.0 - 0.5 * z) + z * z * q)
        return switch shifted.bitPattern & 3 {
        case 0: (c, s)
        case 1: (-s, c)
        case 2: (-c, -s)
        default: (s, -c)
        }
    }

    private static func horner(
        _ z: Double, _ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double
    ) -> Double {
        ((((a * z + b) * z + c) * z + d) * z + e) * z + f
    }

    static func sincos(_ x: Reals, _ cosines: Reals, _ sines: Reals, _ count: Int) {
        for index in 0..<count * 8 {
            let (cosine, sine) = unsafe sincos(x[index])
            unsafe cosines[index] = cosine
            unsafe sines[index] = sine
        }
    }
}
