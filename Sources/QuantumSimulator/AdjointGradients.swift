internal import CQuantumKernels
public import QuantumCircuit

/// Values and derivatives of one observable by every parameter, for a batch of parameter vectors in
/// lanes.
///
/// The adjoint method (Jones and Gacon, "Efficient calculation of gradients in classical simulations
/// of variational quantum algorithms", 2020): one run forwards, then ψ and λ = Oψ go back together,
/// each gate giving 2·Re⟨λ|∂ψ⟩. Exact to rounding; the cost is some three runs, whatever the number
/// of parameters. A whole layer of phases is read off one Walsh–Hadamard transform of Im(λ*ψ).
/// Memory is bounded by one block of eight records. Not shared between threads: `GradientTeam` runs
/// one for each.
public struct AdjointGradients: ~Copyable {
    public private(set) var observable: PauliSum
    /// The parameters whose derivatives are found; those before and after cost nothing.
    public let wanted: Range<Int>
    var simulator: BatchSimulator
    private var backward: BackwardPlan
    private let adjoint: LaneBuffer
    private let gradients: SlotGradients

    struct SlotGradients: ~Copyable {
        let slots: LaneBuffer
        let angles: LaneBuffer
        let parameters: LaneBuffer
        let value: LaneBuffer
        let scratch: LaneBuffer
        let negatedSines: LaneBuffer
        let negatedSlots: LaneBuffer
        let matrices: LaneBuffer
    }

    public var plan: SimulationPlan { simulator.plan }

    /// - Parameters:
    ///   - circuit: a template; inputs and weights are parameters alike.
    ///   - observable: on the circuit's qubits.
    ///   - wanted: the parameters to differentiate by, such as an ansatz' weights; nil for all.
    /// - Throws: `.observableQubits`, `.wantedParameters`, or what compiling throws.
    public init(
        _ circuit: Circuit, _ observable: PauliSum, wanted: Range<Int>? = nil,
        kernels: KernelSet = .vectorised
    ) throws(SimulationError) {
        let plan = try Self.plan(circuit, observable)
        try self.init(plan, observable, wanted: wanted, kernels: kernels)
    }

    static func plan(
        _ circuit: Circuit, _ observable: PauliSum
    ) throws(SimulationError) -> SimulationPlan {
        guard observable.qubits == circuit.qubits else {
            throw .observableQubits(observable.qubits, expected: circuit.qubits)
        }
        return try SimulationPlan.compile(
            circuit, for: .gradients(ofDiagonal: observable.isDiagonal))
    }

    /// - Parameter plan: compiled for gradients of observables like this one.
    init(
        _ plan: SimulationPlan, _ observable: PauliSum, wanted: Range<Int>?, kernels: KernelSet
    ) throws(SimulationError) {
        let wanted = wanted ?? 0..<plan.parameters
        guard wanted.lowerBound >= 0, wanted.upperBound <= plan.parameters else {
            throw .wantedParameters(wanted, parameters: plan.parameters)
        }
        self.observable = observable
        self.wanted = wanted
        simulator = BatchSimulator(plan, kernels: kernels, path: .general)
        backward = BackwardPlan(plan, observable, wanted: wanted)
        adjoint = LaneBuffer(items: 2 * plan.states)
        gradients = SlotGradients(
            slots: LaneBuffer(items: plan.slots.count),
            angles: LaneBuffer(items: plan.angles.count),
            parameters: LaneBuffer(items: plan.parameters), value: LaneBuffer(items: 1),
            scratch: LaneBuffer(items: 1),
            negatedSines: LaneBuffer(items: plan.slots.count),
            negatedSlots: LaneBuffer(items: plan.slots.count),
            matrices: LaneBuffer(items: plan.chains.count * 8))
        backward.prepareMatrices(gradients.matrices, kernels)
    }

    /// Another observable on the same circuit: nothing is compiled anew.
    ///
    /// - Throws: `.observableQubits`, or `.observableNotDiagonal` where the first one was diagonal
    ///   and this one is not: what only X and Y see has been dropped.
    public mutating func observe(_ observable: PauliSum) throws(SimulationError) {
        guard observable.qubits == plan.qubits else {
            throw .observableQubits(observable.qubits, expected: plan.qubits)
        }
        guard observable.isDiagonal || !plan.purpose.dropsTrailingPhases else {
            throw .observableNotDiagonal
        }
        self.observable = observable
        backward.observe(observable, plan)
    }

    /// Values and gradients of a batch.
    ///
    /// - Parameters:
    ///   - parameters: row-major count × `plan.parameters`, finite.
    ///   - values: becomes count expectation values.
    ///   - into: becomes row-major count × `wanted.count`; reused when it has that size.
    public mutating func evaluate(
        parameters: [Double], count: Int, values: inout [Double], into output: inout [Double]
    ) throws(SimulationError) {
        try simulator.check(parameters, count)
        values.fit(count)
        let width = wanted.count
        output.fit(count * width)
        unsafe BatchSimulator.forEachBlock(parameters, count, width: plan.parameters) {
            rows, first, valid in
            unsafe simulator.runBlock(rows, valid: valid)
            runBack()
            for lane in 0..<valid { values[first + lane] = unsafe gradients.value.base[lane] }
            unsafe output.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                unsafe simulator.kernels.storeLanes(
                    gradients.parameters.item(wanted.lowerBound), width, valid,
                    base + first * width)
            }
        }
    }

    /// From the final state of a block to the gradients of its parameters.
    private mutating func runBack() {
        let (kernels, states) = (simulator.kernels, plan.states)
        let (psi, lambda) = unsafe (simulator.workspace.state, adjoint.base)
        var scale = simulator.probabilityScale
        unsafe kernels.weigh(psi, states, backward.weights, lambda)
        for term in backward.strings {
            unsafe kernels.addPauli(psi, states, term.pauli, term.coefficient, lambda)
        }
        unsafe kernels.realOverlap(lambda, psi, states, scale, gradients.value.base)
        unsafe negate(simulator.workspace.sines, gradients.negatedSines, plan.trigonometricSlots)
        unsafe negate(simulator.workspace.slots, gradients.negatedSlots, plan.slots.count)
        gradients.slots.clear()
        gradients.parameters.clear()
        for (index, step) in plan.steps.enumerated().reversed() {
            if index < backward.firstParametrised { break }
            undo(step, isLast: index == backward.firstParametrised, &scale)
        }
        unsafe kernels.pullBack(
            simulator.program, simulator.workspace.parameters, gradients.slots.base,
            gradients.angles.base, gradients.parameters.base)
    }

    private func negate(
        _ source: UnsafeMutablePointer<Double>, _ target: borrowing LaneBuffer, _ count: Int
    ) {
        let base = unsafe target.base
        for index in 0..<count * BatchSimulator.lanes { unsafe base[index] = -source[index] }
    }

    private func undo(_ step: SimulationPlan.Step, isLast: Bool, _ scale: inout Double) {
        let (kernels, states) = (simulator.kernels, plan.states)
        switch step {
        case .diagonal(let table):
            readPhases(backward.tables[table], scale)
            if isLast { return }
            let buffer = unsafe simulator.workspace.tables
            unsafe simulator.build(
                table, into: buffer, gradients.negatedSines.base, gradients.negatedSlots.base)
            unsafe onBoth { unsafe kernels.multiply($0, buffer, states) }
        case .phases(let group):
            readPhases(backward.groups[group], scale)
            if isLast { return }
            unsafe simulator.buildFactors(group, gradients.negatedSines.base)
            unsafe onBoth { state in
                unsafe kernels.multiplyGroups(
                    state, states, simulator.prepared.groups[group], simulator.workspace.factors)
            }
        case .hadamards(let mask):
            unsafe onBoth { state in
                unsafe kernels.walsh(state, plan.qubits, mask, 2 * BatchSimulator.lanes)
            }
            for _ in 0..<mask.nonzeroBitCount { scale *= 0.5 }
        case .rotation(let rotation): undo(rotation, scale)
        case .pair(let pairing, let chain):
            let matrix = unsafe gradients.matrices.item(chain * 8)
            unsafe onBoth { state in
                unsafe kernels.pair(state, states, qk_pairing(pairing), matrix)
            }
        case .quads(let index):
            unsafe onBoth { state in
                unsafe kernels.quads(state, states, backward.quads[index])
            }
        }
    }

    private func onBoth(_ body: (UnsafeMutablePointer<Double>) -> Void) {
        unsafe body(simulator.workspace.state)
        unsafe body(adjoint.base)
    }

    private func undo(_ rotation: SimulationPlan.Rotation, _ scale: Double) {
        let cosines = unsafe simulator.workspace.cosines + rotation.slot * BatchSimulator.lanes
        let sines = unsafe simulator.workspace.sines + rotation.slot * BatchSimulator.lanes
        unsafe simulator.kernels.rotateBack(
            simulator.workspace.state, adjoint.base, plan.states, rotation, cosines, sines, scale,
            gradients.scratch.base)
        unsafe add(gradients.scratch.base, 1, to: rotation.slot)
    }

    /// Derivatives by phases: −2·Σ χ(s)·Im(λ*ψ)(s) for all parities χ at once.
    private func readPhases(_ phases: BackwardPlan.Phases, _ scale: Double) {
        guard !phases.terms.isEmpty else { return }
        let kernels = simulator.kernels
        let products = unsafe simulator.workspace.probabilities
        unsafe kernels.crossedProducts(
            adjoint.base, simulator.workspace.state, plan.states, -2 * scale, products)
        if phases.isUpToPairs {
            unsafe kernels.walshToPairs(products, plan.qubits)
        } else {
            unsafe kernels.walsh(
                products, plan.qubits, UInt32(plan.states - 1), BatchSimulator.lanes)
        }
        for term in phases.terms {
            for part in term.parts {
                unsafe add(
                    products + Int(part.mask) * BatchSimulator.lanes, part.weight, to: term.slot)
            }
        }
    }

    private func add(_ values: UnsafeMutablePointer<Double>, _ weight: Double, to slot: Int) {
        let sum = unsafe gradients.slots.item(slot)
        for lane in 0..<BatchSimulator.lanes { unsafe sum[lane] += weight * values[lane] }
    }
}
