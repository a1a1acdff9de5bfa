internal import CQuantumKernels
import QuantumCircuit

/// Sums of ⟨P⟩ over the trajectories of a block.
struct StringReader {
    private let strings: [PauliString]
    private let qubits: Int
    private let hasDiagonal: Bool

    init(_ strings: [PauliString], qubits: Int) {
        self.strings = strings
        self.qubits = qubits
        hasDiagonal = strings.contains(where: \.isDiagonal)
    }

    func sums(
        _ lanes: borrowing TrajectoryLanes, members: [Int]
    ) -> (sums: [Double], squares: [Double]) {
        let width = TrajectoryLanes.lanes
        let states = 1 << qubits
        if hasDiagonal {
            // All Z strings at once: the transform of the probabilities.
            unsafe qk_probabilities(lanes.state, states, 1, nil, lanes.scratch)
            unsafe qk_walsh(lanes.scratch, UInt32(qubits), UInt32(states - 1), width)
        }
        var (sums, squares) = ([Double](), [Double]())
        for string in strings {
            var values = SIMD8<Double>()
            if string.isDiagonal {
                values = unsafe UnsafeRawPointer(lanes.scratch + Int(string.z) * width)
                    .loadUnaligned(as: SIMD8<Double>.self)
            } else {
                unsafe withUnsafeMutableBytes(of: &values) { bytes in
                    guard let base = bytes.baseAddress else { return }
                    unsafe qk_lanes_pauli(
                        lanes.state, states, string.x, string.z,
                        base.assumingMemoryBound(to: Double.self))
                }
            }
            // More members than lanes share one state: any lane has it.
            if members.count > width {
                sums.append(Double(members.count) * values[0])
                squares.append(Double(members.count) * values[0] * values[0])
            } else {
                sums.append((0..<members.count).reduce(0) { $0 + values[$1] })
                squares.append((0..<members.count).reduce(0) { $0 + values[$1] * values[$1] })
            }
        }
        return (sums, squares)
    }
}

/// One reported outcome of each trajectory of a block.
struct OutcomeReader {
    private let draws: TrajectoryDraws
    private let measured: [Int]
    private let states: Int
    private let noise: NoiseModel
    /// Draws after those of the events: one picks the state, one for each measured qubit errs.
    private let firstDraw: Int

    init(_ run: TrajectoryRun, _ noise: NoiseModel) {
        draws = run.draws
        measured = run.program.measured
        states = run.program.states
        firstDraw = run.program.events.count
        self.noise = noise
    }

    func outcomes(_ lanes: borrowing TrajectoryLanes, members: [Int]) -> [UInt32] {
        let width = TrajectoryLanes.lanes
        var result: [UInt32] = []
        result.reserveCapacity(members.count)
        for first in stride(from: 0, to: members.count, by: width) {
            let group = members[first..<min(first + width, members.count)]
            var words = [Double](repeating: 0, count: width)
            for (lane, member) in group.enumerated() {
                words[lane] = draws.draw(member, firstDraw)
            }
            var picked = [UInt32](repeating: 0, count: width)
            unsafe qk_lanes_pick(lanes.state, states, words, &picked)
            for (lane, member) in group.enumerated() {
                result.append(reported(picked[lane], member))
            }
        }
        return result
    }

    private func reported(_ state: UInt32, _ member: Int) -> UInt32 {
        var outcome: UInt32 = 0
        for (bit, qubit) in measured.enumerated() {
            var value = state >> UInt32(qubit) & 1
            if let error = noise.readout[qubit] {
                let limit = value == 0 ? error.falseOne : error.falseZero
                if draws.draw(member, firstDraw + 1 + bit) < limit { value ^= 1 }
            }
            outcome |= value << UInt32(bit)
        }
        return outcome
    }
}
