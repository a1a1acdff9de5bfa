internal import CQuantumKernels
public import QuantumCircuit

/// Exact expectation values of Pauli strings and sums of them, X and Y included.
extension BatchSimulator {
    /// Exact expectation values of Pauli strings.
    ///
    /// - Parameters:
    ///   - parameters: row-major count × `plan.parameters`, finite.
    ///   - into: becomes row-major count × strings; reused when it has that size.
    /// - Throws: `.phasesDropped` for X or Y when the plan was compiled for `.zMeasurement`.
    public mutating func expectations(
        of strings: [PauliString], parameters: [Double], count: Int, into output: inout [Double]
    ) throws(SimulationError) {
        if strings.allSatisfy(\.isDiagonal) {
            return try zExpectations(
                strings.map { ZString(mask: $0.z) }, parameters: parameters, count: count,
                into: &output)
        }
        try check(parameters, count)
        guard !plan.purpose.dropsTrailingPhases else { throw .phasesDropped }
        for string in strings where (string.x | string.z) >> UInt32(plan.qubits) != 0 {
            throw .stringOutOfRange(mask: string.x | string.z, qubits: plan.qubits)
        }
        output.fit(count * strings.count)
        let stored = strings.map { KernelSet.StoredPauli($0, in: plan.frame) }
        let hasDiagonal = strings.contains(where: \.isDiagonal)
        let values = LaneBuffer(items: strings.count)
        forEachBlock(parameters, count) { simulator, first, valid in
            simulator.readPaulis(strings, stored, hasDiagonal, values)
            unsafe output.withUnsafeMutableBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                unsafe simulator.kernels.storeLanes(
                    values.base, strings.count, valid, base + first * strings.count)
            }
        }
    }

    /// Exact expectation values of observables.
    ///
    /// - Parameter into: becomes row-major count × observables; reused when it has that size.
    /// - Throws: as `expectations(of:parameters:count:into:)`, and `.observableQubits`.
    public mutating func expectations(
        of observables: [PauliSum], parameters: [Double], count: Int, into output: inout [Double]
    ) throws(SimulationError) {
        for observable in observables where observable.qubits != plan.qubits {
            throw .observableQubits(observable.qubits, expected: plan.qubits)
        }
        let strings = observables.flatMap { $0.terms.map(\.string) }
        var values: [Double] = []
        try expectations(of: strings, parameters: parameters, count: count, into: &values)
        output.fit(count * observables.count)
        for record in 0..<count {
            var term = record * strings.count
            for (index, observable) in observables.enumerated() {
                var sum = 0.0
                for next in observable.terms {
                    sum += next.coefficient * values[term]
                    term += 1
                }
                output[record * observables.count + index] = sum
            }
        }
    }

    /// One block's expectation values, a lane vector per string.
    private mutating func readPaulis(
        _ strings: [PauliString], _ stored: [KernelSet.StoredPauli], _ hasDiagonal: Bool,
        _ values: borrowing LaneBuffer
    ) {
        for (index, pauli) in stored.enumerated() where pauli.flip != 0 {
            unsafe kernels.pauliExpectation(
                workspace.state, plan.states, pauli, probabilityScale, values.item(index))
        }
        guard hasDiagonal else { return }
        takeProbabilities()
        let probabilities = unsafe workspace.probabilities
        unsafe kernels.walsh(probabilities, plan.qubits, UInt32(plan.states - 1), Self.lanes)
        for (index, string) in strings.enumerated() where string.isDiagonal {
            let source = unsafe probabilities + Int(string.z) * Self.lanes
            unsafe values.item(index).update(from: source, count: Self.lanes)
        }
    }
}
