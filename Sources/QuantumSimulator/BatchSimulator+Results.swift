internal import CQuantumKernels
import Determinism
public import QuantumCircuit

extension BatchSimulator {
    /// Exact probabilities of every basis state.
    ///
    /// - Parameters:
    ///   - parameters: row-major count × `plan.parameters`, finite.
    ///   - into: becomes row-major count × 2^qubits; reused when it has that size.
    public mutating func probabilities(
        parameters: [Double], count: Int, into output: inout [Double]
    ) throws(SimulationError) {
        try check(parameters, count)
        let states = plan.states
        output.fit(count * states)
        forEachBlock(parameters, count) { simulator, first, valid in
            simulator.takeProbabilities()
            unsafe output.withUnsafeMutableBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                unsafe simulator.kernels.storeLanes(
                    simulator.workspace.probabilities, states, valid, base + first * states)
            }
        }
    }

    /// Exact expectation values of Z strings.
    ///
    /// - Parameter into: becomes row-major count × strings; reused when it has that size.
    public mutating func zExpectations(
        _ strings: [ZString], parameters: [Double], count: Int, into output: inout [Double]
    ) throws(SimulationError) {
        var estimates = ZEstimates()
        swap(&estimates.expectations, &output)
        let readout = try ZReadout(qubits: plan.qubits, strings: strings)
        try estimate(readout, parameters: parameters, count: count, into: &estimates)
        swap(&estimates.expectations, &output)
    }

    /// Exact expectation values of a readout's strings, and its functional's mean; standard errors
    /// are 0.
    ///
    /// - Throws: also `.noClosedForm` where `path` is `.closedForm` and a string has no formula.
    public mutating func estimate(
        _ readout: ZReadout, parameters: [Double], count: Int, into output: inout ZEstimates
    ) throws(SimulationError) {
        try check(parameters, count)
        try check(readout)
        output.resize(records: count, strings: readout.strings.count)
        output.standardErrors = [Double](repeating: 0, count: count)
        if try takesFormulas(readout) {
            evaluateFormulas(readout, parameters, count, &output)
        } else {
            simulateStrings(readout, parameters, count, &output)
        }
    }

    private func takesFormulas(_ readout: ZReadout) throws(SimulationError) -> Bool {
        guard path != .general else { return false }
        guard let form = plan.closedForm else {
            guard path != .closedForm else {
                throw .noClosedForm(
                    reason: "the circuit is not Hadamards, phases of one and two qubits, Hadamards")
            }
            return false
        }
        let isCovered = form.covers(readout.masks)
        guard isCovered || path != .closedForm else {
            throw .noClosedForm(reason: "a string acts on more than two stored qubits")
        }
        return isCovered
    }

    private func evaluateFormulas(
        _ readout: ZReadout, _ parameters: [Double], _ count: Int, _ output: inout ZEstimates
    ) {
        guard let form = plan.closedForm else { return }
        let strings = form.strings(readout.masks)
        unsafe output.expectations.withUnsafeMutableBufferPointer { expectations in
            unsafe output.means.withUnsafeMutableBufferPointer { means in
                guard let rows = expectations.baseAddress, let sums = means.baseAddress else {
                    return
                }
                unsafe Self.forEachBlock(parameters, count, width: plan.parameters) {
                    block, first, valid in
                    unsafe formulas?.run(block, valid: valid, plan, kernels)
                    unsafe formulas?.read(
                        strings, readout.weights, valid: valid, rows + first * strings.count,
                        sums + first, kernels)
                }
            }
        }
    }

    private mutating func simulateStrings(
        _ readout: ZReadout, _ parameters: [Double], _ count: Int, _ output: inout ZEstimates
    ) {
        let strings = readout.strings.count
        forEachBlock(parameters, count) { simulator, first, valid in
            simulator.takeProbabilities()
            simulator.transform(isUpToPairs: readout.isUpToPairs)
            unsafe output.expectations.withUnsafeMutableBufferPointer { expectations in
                unsafe output.means.withUnsafeMutableBufferPointer { means in
                    guard let rows = expectations.baseAddress, let sums = means.baseAddress else {
                        return
                    }
                    unsafe simulator.kernels.readStrings(
                        simulator.workspace.probabilities, readout.masks, readout.weights, valid,
                        rows + first * strings, sums + first)
                }
            }
        }
    }

    /// Probabilities become expectations of the Z string at each mask that is needed.
    private func transform(isUpToPairs: Bool) {
        let probabilities = unsafe workspace.probabilities
        if isUpToPairs {
            unsafe kernels.walshToPairs(probabilities, plan.qubits)
        } else {
            unsafe kernels.walsh(
                probabilities, plan.qubits, UInt32(plan.states - 1), Self.lanes)
        }
    }

    /// Amplitudes with their phases, for tests and kernels: row-major count × 2^qubits, twice.
    ///
    /// - Throws: `phasesDropped` unless the plan was compiled for `.amplitudes`.
    public mutating func amplitudes(
        parameters: [Double], count: Int, real: inout [Double], imaginary: inout [Double]
    ) throws(SimulationError) {
        try check(parameters, count)
        guard !plan.purpose.dropsTrailingPhases else { throw .phasesDropped }
        let states = plan.states
        real.fit(count * states)
        imaginary.fit(count * states)
        var scale = 1.0
        for _ in 0..<plan.hadamardCount { scale *= 0.5.squareRoot() }
        let order = plan.logicalStates
        forEachBlock(parameters, count) { simulator, first, valid in
            let state = unsafe simulator.workspace.state
            for lane in 0..<valid {
                for stored in 0..<states {
                    let logical = order.isEmpty ? stored : Int(order[stored])
                    let (row, item) = ((first + lane) * states + logical, stored * 2 * Self.lanes)
                    real[row] = unsafe scale * state[item + lane]
                    imaginary[row] = unsafe scale * state[item + Self.lanes + lane]
                }
            }
        }
    }

    // MARK: Blocks

    func check(_ parameters: [Double], _ count: Int) throws(SimulationError) {
        let expected = count * plan.parameters
        guard count >= 0, parameters.count == expected else {
            throw .parameterValues(count: parameters.count, expected: expected)
        }
        if let index = parameters.firstNonFinite {
            throw .nonFiniteParameter(
                record: index / plan.parameters, parameter: index % plan.parameters)
        }
    }

    func check(_ readout: ZReadout) throws(SimulationError) {
        guard readout.qubits == plan.qubits else {
            throw .tooManyQubits(readout.qubits, limit: plan.qubits)
        }
    }

    /// Runs `body` after each simulated block with the number of its first record and its size.
    mutating func forEachBlock(
        _ parameters: [Double], _ count: Int,
        _ body: (inout BatchSimulator, _ first: Int, _ valid: Int) -> Void
    ) {
        unsafe Self.forEachBlock(parameters, count, width: plan.parameters) {
            block, first, valid in
            unsafe runBlock(block, valid: valid)
            body(&self, first, valid)
        }
    }

    /// Runs `body` for each block with its rows, the number of its first record and its size.
    static func forEachBlock(
        _ parameters: [Double], _ count: Int, width: Int,
        _ body: (_ rows: UnsafePointer<Double>, _ first: Int, _ valid: Int) -> Void
    ) {
        unsafe parameters.withUnsafeBufferPointer { rows in
            // A template without parameters has no rows to point at, and none are read.
            var nothing = 0.0
            unsafe withUnsafePointer(to: &nothing) { placeholder in
                let base = unsafe rows.baseAddress ?? placeholder
                for first in stride(from: 0, to: count, by: lanes) {
                    unsafe body(base + first * width, first, min(lanes, count - first))
                }
            }
        }
    }
}
