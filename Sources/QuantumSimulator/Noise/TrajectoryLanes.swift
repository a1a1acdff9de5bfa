internal import CQuantumKernels
import Determinism
import QuantumCircuit

/// Eight trajectories side by side, at one place of a program.
@safe struct TrajectoryLanes: ~Copyable {
    static let lanes = 8
    /// Of one block, for each basis state.
    static let bytesPerState = 3 * 8 * lanes

    let program: TrajectoryProgram
    /// Index of the next item of the program.
    private(set) var position = 0
    /// states × {real[8], imaginary[8]}.
    let state: UnsafeMutablePointer<Double>
    /// Factors of one operator for each lane, then reduced density matrices.
    private let factors: UnsafeMutablePointer<Double>
    private let reduced: UnsafeMutablePointer<Double>
    /// states × 8 numbers for a reader.
    let scratch: UnsafeMutablePointer<Double>
    private let storage: UnsafeMutableRawPointer

    /// All lanes in |0…0⟩.
    init(_ program: TrajectoryProgram) {
        self.program = program
        let numbers = program.states * 2 * Self.lanes
        // 4 × 4 complex entries for each lane, twice.
        let matrix = 16 * 2 * Self.lanes
        let count = numbers + 2 * matrix + numbers / 2
        unsafe storage = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
        let base = unsafe storage.bindMemory(to: Double.self, capacity: count)
        unsafe base.initialize(repeating: 0, count: count)
        unsafe state = base
        unsafe factors = base + numbers
        unsafe reduced = base + numbers + matrix
        unsafe scratch = base + numbers + 2 * matrix
        for lane in 0..<Self.lanes { unsafe state[lane] = 1 }
    }

    deinit { unsafe storage.deallocate() }

    /// Becomes another block's state and place.
    mutating func copy(_ other: borrowing TrajectoryLanes) {
        position = other.position
        unsafe state.update(from: other.state, count: program.states * 2 * Self.lanes)
    }

    /// Runs shared gates up to the next event.
    ///
    /// - Returns: the event that stands next; nil at the end.
    mutating func advance() -> Int? {
        let bits = UInt32(program.qubits + Int(qk_lane_bits_f64))
        while position < program.items.count {
            switch program.items[position] {
            case .event(let event): return event
            case .gates(let range):
                unsafe program.gates.withUnsafeBufferPointer { gates in
                    guard let base = gates.baseAddress else { return }
                    for index in range { unsafe qk_large_apply_f64(state, bits, base + index) }
                }
                position += 1
            }
        }
        return nil
    }

    /// Probabilities of a channel's operators on each lane.
    func probabilities(_ event: TrajectoryProgram.Event) -> [SIMD8<Double>] {
        if let fixed = event.channel.fixedProbabilities {
            return fixed.map { SIMD8(repeating: $0) }
        }
        let places = event.qubits.map { UInt8($0) }
        unsafe qk_lanes_reduced(
            state, program.states, places, UInt32(places.count), reduced)
        let size = 1 << places.count
        // Tr(K†K·ρ)
        return event.channel.weights.map { weight in
            var sum = SIMD8<Double>()
            for row in 0..<size {
                for column in 0..<size {
                    let entry = weight[row, column]
                    if entry == .zero { continue }
                    let (re, im) = reducedEntry(column * size + row)
                    sum += entry.re * re - entry.im * im
                }
            }
            return sum
        }
    }

    private func reducedEntry(_ index: Int) -> (re: SIMD8<Double>, im: SIMD8<Double>) {
        let raw = unsafe UnsafeRawPointer(reduced + index * 2 * Self.lanes)
        return unsafe (
            raw.loadUnaligned(as: SIMD8<Double>.self),
            raw.loadUnaligned(fromByteOffset: 64, as: SIMD8<Double>.self)
        )
    }

    /// The operator that each lane takes: the first whose cumulative probability exceeds the draw.
    static func choose(
        _ probabilities: [SIMD8<Double>], _ draws: SIMD8<Double>
    ) -> [Int] {
        (0..<lanes).map { lane in
            var (sum, last) = (0.0, 0)
            for (index, probability) in probabilities.enumerated() where probability[lane] > 0 {
                sum += probability[lane]
                last = index
                if draws[lane] < sum { return index }
            }
            return last
        }
    }

    /// Applies the operator that each lane chose, normalised, and steps over the event.
    mutating func take(
        _ chosen: [Int], _ event: TrajectoryProgram.Event, _ probabilities: [SIMD8<Double>]
    ) {
        position += 1
        if event.channel.firstIsIdentity && chosen.allSatisfy({ $0 == 0 }) { return }
        let (count, size) = (event.qubits.count, 1 << event.qubits.count)
        // Matrix bits in the order of the rows: operands ascending.
        let order = event.qubits.indices.sorted { event.qubits[$0] < event.qubits[$1] }
        let places = (0..<size).map { index in
            order.indices.reduce(0) { $0 | (index >> $1 & 1) << order[$1] }
        }
        for lane in 0..<Self.lanes {
            let matrix = event.channel.operators[chosen[lane]]
            let scale = 1 / probabilities[chosen[lane]][lane].squareRoot()
            for output in 0..<size {
                for input in 0..<size {
                    let entry = matrix[places[output], places[input]]
                    let place = (output * size + input) * 2 * Self.lanes + lane
                    unsafe factors[place] = scale * entry.re
                    unsafe factors[place + Self.lanes] = scale * entry.im
                }
            }
        }
        var op = unsafe qk_large_op()
        unsafe op.kind = UInt32(qk_large_lanewise)
        unsafe op.rows = UInt32(count)
        unsafe withUnsafeMutableBytes(of: &op.row_bits) { bytes in
            for (index, operand) in order.enumerated() {
                unsafe bytes[index] = UInt8(event.qubits[operand])
            }
        }
        unsafe op.coefficients = UnsafeRawPointer(factors)
        let bits = UInt32(program.qubits + Int(qk_lane_bits_f64))
        unsafe qk_large_apply_f64(state, bits, &op)
    }
}

/// The random words of trajectories: word e mod 4 of Philox block e div 4 of a trajectory, for its
/// e-th event; what measuring needs follows the events.
struct TrajectoryDraws {
    private let philox: Philox4x32
    private let stream: UInt64

    init(seed: UInt64, stream: UInt64) {
        philox = Philox4x32(key: seed)
        self.stream = stream
    }

    /// Uniform in [0, 1), a multiple of 2⁻³².
    func draw(_ trajectory: Int, _ event: Int) -> Double {
        let words = philox.block(block(trajectory, event / 4), stream: stream)
        return Double(words[event % 4]) * 0x1p-32
    }

    /// The first event whose draw is not below its limit; nil if there is none.
    func firstAbove(_ limits: [Double], _ trajectory: Int) -> Int? {
        for first in stride(from: 0, to: limits.count, by: 4) {
            let words = philox.block(block(trajectory, first / 4), stream: stream)
            for event in first..<min(first + 4, limits.count)
            where Double(words[event - first]) * 0x1p-32 >= limits[event] {
                return event
            }
        }
        return nil
    }

    /// 2²⁴ trajectories and blocks fit beside each other, and neither overlaps.
    private func block(_ trajectory: Int, _ number: Int) -> UInt64 {
        UInt64(trajectory) << 32 | UInt64(number)
    }
}
