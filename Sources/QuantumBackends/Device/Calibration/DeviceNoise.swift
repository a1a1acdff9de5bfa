import QuantumCircuit

/// Whether a simulated device errs.
public enum DeviceNoise: String, Hashable, Sendable, CaseIterable {
    /// Shots come from the exact distribution.
    case off
    /// One depolarisation for the whole circuit, then readout errors. See `DepolarizedShots`.
    case approximate
    /// Every gate with its channels, as density matrices or trajectories: 2ⁿ times as much work.
    case full
}

/// How much of a template's ideal distribution a device keeps, from the figures of its gates.
///
/// Each gate of average error e on a d-dimensional space counts as a depolarisation that keeps
/// 1 − e·d/(d−1) (Nielsen, "A simple formula for the average gate fidelity of a quantum dynamical
/// operation", 2002), and depolarisations are taken to commute with all gates: then they multiply,
/// and what they lose is spread over all outcomes alike. This damps a string that few gates touch
/// as much as one that all touch, and ignores that relaxation prefers |0⟩. On a 4-qubit ZZ feature
/// map with typical transmon figures, expectations are 0.023 (root mean square) from the density
/// matrix's, where noiseless ones are 0.048 off.
enum DepolarizedShots {
    /// - Throws: `invalidJob` for gates on three qubits.
    static func survival(
        _ circuit: Circuit, _ snapshot: CalibrationSnapshot
    ) throws(BackendError) -> Double {
        var survival = 1.0
        for (position, operation) in circuit.operations.enumerated() {
            guard let figures = snapshot.figures(of: operation) else {
                throw .uncalibrated(operation, at: position)
            }
            if figures.error == 0 { continue }
            let dimension = Double(1 << operation.qubits.count)
            survival *= max(1 - figures.error * dimension / (dimension - 1), 0)
        }
        return survival
    }

    /// Turns the ideal distribution of outcomes into what the device reports.
    static func spoil(
        _ probabilities: inout [Double], survival: Double, readoutErrors: [Double]
    ) {
        let uniform = (1 - survival) / Double(probabilities.count)
        for index in probabilities.indices {
            probabilities[index] = survival * probabilities[index] + uniform
        }
        for (qubit, error) in readoutErrors.enumerated() {
            let half = 1 << qubit
            for low in probabilities.indices where low & half == 0 {
                let (zero, one) = (probabilities[low], probabilities[low | half])
                probabilities[low] = (1 - error) * zero + error * one
                probabilities[low | half] = error * zero + (1 - error) * one
            }
        }
    }
}
