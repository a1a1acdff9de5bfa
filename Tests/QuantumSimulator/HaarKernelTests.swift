import Determinism
import Foundation
import QuantumCircuit
import TestSupport
import Testing

@testable import QuantumSimulator

/// Eight Haar-random states in lanes, beside the same states as dense ones.
private struct HaarLanes: ~Copyable {
    let buffer: LaneBuffer
    var dense: [DenseState]

    init(qubits: Int, _ random: inout RandomStream) {
        dense = (0..<8).map { _ in DenseState.haarRandom(qubits: qubits, &random) }
        buffer = LaneBuffer(items: 2 << qubits)
        for (lane, state) in dense.enumerated() {
            for (index, amplitude) in state.amplitudes.enumerated() {
                unsafe buffer.item(2 * index)[lane] = amplitude.re
                unsafe buffer.item(2 * index + 1)[lane] = amplitude.im
            }
        }
    }

    /// The largest difference of an amplitude from what the dense states have become.
    var distance: Double {
        dense.indices.map { lane in
            let amplitudes = dense[lane].amplitudes.indices.map { index in
                unsafe Complex(buffer.item(2 * index)[lane], buffer.item(2 * index + 1)[lane])
            }
            return DenseState(amplitudes: amplitudes).distance(to: dense[lane])
        }.max() ?? .infinity
    }
}

/// One value per lane, with its cosine and sine.
private struct LaneAngles: ~Copyable {
    let values: [Double]
    let cosines: LaneBuffer
    let sines: LaneBuffer

    init(_ count: Int, _ random: inout RandomStream) {
        values = (0..<count * 8).map { _ in random.uniform(-3...3) }
        cosines = LaneBuffer(items: count)
        sines = LaneBuffer(items: count)
        for index in values.indices {
            unsafe cosines.base[index] = cos(values[index])
            unsafe sines.base[index] = sin(values[index])
        }
    }
}

@Suite("Kernels on Haar-random states")
struct HaarKernelTests {
    private let qubits = 5

    /// A frame that no simple layout has: CX, SWAP and X at random.
    private func frame(_ random: inout RandomStream) -> BasisFrame {
        var frame = BasisFrame(qubits: qubits)
        for _ in 0..<12 {
            let pair = Array((0..<qubits).shuffled(using: &random).prefix(2))
            frame.applyCX(pair[0], pair[1])
            if random.next() & 1 == 1 { frame.applyX(pair[0]) }
        }
        return frame
    }

    private func parity(_ frame: BasisFrame, _ qubit: Int) -> SimulationPlan.Parity {
        let bit = UInt32(1) << UInt32(qubit)
        return .init(mask: frame.storedMask(of: bit), isNegated: frame.isNegated(bit))
    }

    /// The dense state with its basis states renamed from stored to logical ones, and back.
    private func logical(
        _ state: DenseState, _ frame: BasisFrame, _ apply: (inout DenseState) throws -> Void
    ) rethrows -> DenseState {
        let order = frame.logicalStates().map { Int($0) }
        var moved = state.amplitudes
        for (stored, logical) in order.enumerated() { moved[logical] = state.amplitudes[stored] }
        var image = DenseState(amplitudes: moved)
        try apply(&image)
        return DenseState(amplitudes: order.map { image.amplitudes[$0] })
    }

    @Test("apply one-qubit chains under up to two controls", arguments: KernelSet.allCases)
    func pairs(kernels: KernelSet) throws {
        var random = RandomStream(seed: 71)
        for controls in [[], [3], [3, 0]] {
            let frame = frame(&random)
            var states = HaarLanes(qubits: qubits, &random)
            let angles = LaneAngles(4, &random)
            let fixed = try UnitaryMatrix.haarRandom(qubits: 1, &random).matrix
            let links: [SimulationPlan.Link] = [.x(0), .phase(1), .fixed(fixed), .y(2), .z(3)]
            let matrices = LaneBuffer(items: 8)
            unsafe kernels.chains(
                links.map { .init($0) }, [UInt32(links.count)], angles.cosines.base,
                angles.sines.base, matrices.base)
            var pairing = SimulationPlan.Pairing(
                flip: frame.flipPattern(of: 1 << 2), orientation: parity(frame, 2))
            if controls.count > 0 { pairing.firstControl = parity(frame, controls[0]) }
            if controls.count > 1 { pairing.secondControl = parity(frame, controls[1]) }
            unsafe kernels.pair(
                states.buffer.base, 1 << qubits, .init(pairing), matrices.base)
            for lane in 0..<8 {
                func angle(_ slot: Int) -> Double { angles.values[slot * 8 + lane] }
                let gates: [(Gate, Double)] = [
                    (.rx(.constant(0)), 2 * angle(0)), (.p(.constant(0)), angle(1)),
                    (.ry(.constant(0)), 2 * angle(2)), (.rz(.constant(0)), 2 * angle(3)),
                ]
                let m = gates.compactMap { $0.0.matrix(angles: [$0.1]) }
                var matrix = m[3] * m[2] * fixed * m[1] * m[0]
                for _ in controls { matrix = matrix.controlled }
                states.dense[lane] = logical(states.dense[lane], frame) {
                    $0.apply(matrix, to: controls + [2])
                }
            }
            #expect(states.distance < 1e-12)
        }
    }

    @Test("apply matrices on two qubits", arguments: KernelSet.allCases)
    func quads(kernels: KernelSet) throws {
        var random = RandomStream(seed: 72)
        for operands in [[0, 1], [4, 2], [1, 3]] {
            let frame = frame(&random)
            var states = HaarLanes(qubits: qubits, &random)
            let matrix = try UnitaryMatrix.haarRandom(qubits: 2, &random).matrix
            let step = SimulationPlan.Quads(
                flips: operands.map { frame.flipPattern(of: 1 << UInt32($0)) },
                orientations: operands.map { parity(frame, $0) }, matrix: matrix)
            unsafe kernels.quads(states.buffer.base, 1 << qubits, PreparedPlan.Quads(step))
            for lane in 0..<8 {
                states.dense[lane] = logical(states.dense[lane], frame) {
                    $0.apply(matrix, to: operands)
                }
            }
            #expect(states.distance < 1e-12)
        }
    }

    @Test("rotate by any Pauli string, and back with the derivative", arguments: KernelSet.allCases)
    func rotations(kernels: KernelSet) throws {
        var random = RandomStream(seed: 73)
        for _ in 0..<8 {
            let string = PauliString(
                x: UInt32.random(in: 1..<32, using: &random),
                z: UInt32.random(in: 0..<32, using: &random))
            let pauli = KernelSet.StoredPauli(string, in: frame(&random))
            let rotation = SimulationPlan.Rotation(
                flip: pauli.flip, sign: pauli.sign, quarterTurns: pauli.quarterTurns, slot: 0)
            var states = HaarLanes(qubits: qubits, &random)
            var adjoint = HaarLanes(qubits: qubits, &random)
            let before = states.dense
            let angles = LaneAngles(1, &random)
            unsafe kernels.rotate(
                states.buffer.base, 1 << qubits, rotation, angles.cosines.base, angles.sines.base)
            var expected: [Double] = []
            for lane in 0..<8 {
                let (c, s) = (cos(angles.values[lane]), sin(angles.values[lane]))
                states.dense[lane] = rotated(states.dense[lane], pauli, c, s)
                // 2·Re⟨λ|−iP|ψ⟩.
                let image = applied(pauli, states.dense[lane])
                expected.append(2 * adjoint.dense[lane].overlap(with: image).im)
                adjoint.dense[lane] = rotated(adjoint.dense[lane], pauli, c, -s)
            }
            #expect(states.distance < 1e-12)
            states.dense = before
            let gradient = LaneBuffer(items: 1)
            unsafe kernels.rotateBack(
                states.buffer.base, adjoint.buffer.base, 1 << qubits, rotation,
                angles.cosines.base, angles.sines.base, 1, gradient.base)
            #expect(states.distance < 1e-12)
            #expect(adjoint.distance < 1e-12)
            #expect(
                largestDifference((0..<8).map { unsafe gradient.base[$0] }, expected) < 1e-12)
        }
    }

    /// P·a with `(P·a)[s] = iᵏ·(−1)^parity(sign & t)·a[t]`.
    private func applied(_ pauli: KernelSet.StoredPauli, _ state: DenseState) -> DenseState {
        let turns = [Complex.one, .i, -.one, -.i][pauli.quarterTurns]
        return DenseState(
            amplitudes: state.amplitudes.indices.map { index in
                let source = index ^ Int(pauli.flip)
                let isOdd = (pauli.sign & UInt32(source)).nonzeroBitCount & 1 == 1
                return (isOdd ? -turns : turns) * state.amplitudes[source]
            })
    }

    private func rotated(
        _ state: DenseState, _ pauli: KernelSet.StoredPauli, _ c: Double, _ s: Double
    ) -> DenseState {
        let image = applied(pauli, state)
        return DenseState(
            amplitudes: zip(state.amplitudes, image.amplitudes).map { c * $0 + s * (-.i * $1) })
    }

    @Test("read expectation values and add strings", arguments: KernelSet.allCases)
    func observables(kernels: KernelSet) throws {
        var random = RandomStream(seed: 74)
        for x in [UInt32(0), 1, 13, 31] {
            let string = PauliString(x: x, z: UInt32.random(in: 0..<32, using: &random))
            let pauli = KernelSet.StoredPauli(string, in: frame(&random))
            let states = HaarLanes(qubits: qubits, &random)
            var sums = HaarLanes(qubits: qubits, &random)
            let output = LaneBuffer(items: 1)
            unsafe kernels.pauliExpectation(
                states.buffer.base, 1 << qubits, pauli, 0.5, output.base)
            unsafe kernels.addPauli(
                states.buffer.base, 1 << qubits, pauli, -1.5, sums.buffer.base)
            for lane in 0..<8 {
                let image = applied(pauli, states.dense[lane])
                let value = 0.5 * states.dense[lane].overlap(with: image).re
                #expect(abs(unsafe output.base[lane] - value) < 1e-12)
                sums.dense[lane] = DenseState(
                    amplitudes: zip(sums.dense[lane].amplitudes, image.amplitudes).map {
                        $0 + -1.5 * $1
                    })
            }
            #expect(sums.distance < 1e-12)
        }
    }

    @Test("multiply groups of phases", arguments: KernelSet.allCases)
    func phases(kernels: KernelSet) throws {
        var random = RandomStream(seed: 75)
        for count in [1, 4, 5, 11] {
            let masks = (0..<count).map { _ in UInt32.random(in: 1..<32, using: &random) }
            var states = HaarLanes(qubits: qubits, &random)
            let angles = LaneAngles(count + 1, &random)
            let group = PreparedPlan.Group(
                .init(constant: count, masks: masks, slots: Array(0..<count)), states: 32)
            let factors = LaneBuffer(items: group.slots.count * 32)
            for (index, slots) in group.slots.enumerated() {
                unsafe kernels.phaseFactors(
                    factors.item(index * 32), slots, angles.cosines.base, angles.sines.base)
            }
            unsafe kernels.multiplyGroups(states.buffer.base, 32, group, factors.base)
            for lane in 0..<8 {
                let phases = (0..<UInt32(32)).map { state in
                    masks.indices.reduce(angles.values[count * 8 + lane]) { sum, index in
                        let isOdd = (masks[index] & state).nonzeroBitCount & 1 == 1
                        let angle = angles.values[index * 8 + lane]
                        return sum + (isOdd ? -angle : angle)
                    }
                }
                states.dense[lane].apply(
                    ComplexMatrix(diagonal: phases.map { Complex(cos($0), sin($0)) }),
                    to: Array(0..<5))
            }
            #expect(states.distance < 1e-12)
        }
    }
}
