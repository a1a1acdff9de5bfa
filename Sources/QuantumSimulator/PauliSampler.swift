public import QuantumCircuit

/// Estimates an observable from shots: one measurement setting per set of strings that commute
/// qubit by qubit.
///
/// Each setting is the template followed by its basis change and has its own plan; shots are spent
/// on each. Draws of setting g come from stream g of the record's seed, so results depend on the
/// record's parameters, seed and shots alone.
public struct PauliSampler: Sendable {
    public let observable: PauliSum
    public let groups: [MeasurementGroup]
    private let settings: [Setting]

    private struct Setting: Sendable {
        let plan: SimulationPlan
        let readout: ZReadout
        let terms: [Int]
    }

    /// - Parameters:
    ///   - circuit: a template without measurements before a qubit's end.
    ///   - observable: on the circuit's qubits.
    /// - Throws: `.observableQubits`, or what compiling a setting throws.
    public init(_ circuit: Circuit, _ observable: PauliSum) throws(SimulationError) {
        guard observable.qubits == circuit.qubits else {
            throw .observableQubits(observable.qubits, expected: circuit.qubits)
        }
        self.observable = observable
        groups = observable.measurementGroups
        var settings: [Setting] = []
        for group in groups {
            let terms = group.terms.map { observable.terms[$0] }
            let readout = try ZReadout(
                qubits: circuit.qubits,
                strings: terms.map { MeasurementGroup.measured($0.string) },
                weights: terms.map(\.coefficient))
            settings.append(
                Setting(
                    plan: try Self.plan(circuit, group.basisChange), readout: readout,
                    terms: group.terms))
        }
        self.settings = settings
    }

    /// Measurements that end the template give way to the setting's own.
    private static func plan(
        _ circuit: Circuit, _ change: [Operation]
    ) throws(SimulationError) -> SimulationPlan {
        // Compiled as it stands, so that a measurement in the middle is refused.
        _ = try SimulationPlan.compile(circuit)
        let unitary = circuit.operations.filter(\.gate.isUnitary)
        do {
            return try SimulationPlan.compile(
                Circuit(
                    qubits: circuit.qubits, parameters: circuit.parameters,
                    operations: unitary + change))
        } catch let error as SimulationError {
            throw error
        } catch {
            // A checked circuit with basis changes on its own qubits has only too many operations.
            throw .unsupportedGate(gate: "measure", position: circuit.operations.count)
        }
    }

    /// Expectation values of the observable's strings and of the observable, with its standard
    /// error.
    ///
    /// - Parameters:
    ///   - shots: of each setting, within `BatchSimulator.shotLimits`.
    ///   - seeds: one per record.
    /// - Returns: strings in the order of the observable's terms; identities are exactly 1.
    public func estimate(
        parameters: [Double], count: Int, shots: Int, seeds: [UInt64]
    ) throws(SimulationError) -> ZEstimates {
        let strings = observable.terms.count
        var result = ZEstimates()
        result.resize(records: count, strings: strings)
        var part = ZEstimates()
        for (index, setting) in settings.enumerated() {
            var simulator = BatchSimulator(setting.plan)
            try simulator.estimate(
                setting.readout, parameters: parameters, count: count, shots: shots, seeds: seeds,
                stream: UInt64(index), into: &part)
            for record in 0..<count {
                for (column, term) in setting.terms.enumerated() {
                    result.expectations[record * strings + term] =
                        part.expectations[record * setting.terms.count + column]
                }
                result.means[record] += part.means[record]
                // Settings are independent: variances add.
                let error = part.standardErrors[record]
                result.standardErrors[record] += error * error
            }
        }
        for record in 0..<count {
            result.standardErrors[record] = result.standardErrors[record].squareRoot()
        }
        return result
    }
}
