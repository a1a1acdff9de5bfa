import QuantumCircuit
import QuantumSimulator

/// Reads a record's estimates off its shares of reported outcomes.
struct OutcomeReader {
    private let readout: ZReadout
    private let correction: ReadoutCorrection?
    /// What each reported outcome counts for in the functional.
    private let table: [Double]

    init(_ readout: ZReadout, correction: ReadoutCorrection?) {
        self.readout = readout
        self.correction = correction
        table = correction?.values(readout.table) ?? readout.table
    }

    /// - Parameters:
    ///   - shares: of each outcome, 2^qubits of them.
    ///   - shots: that they were counted in; 0 if they are probabilities.
    func estimates(_ shares: [Double], shots: Int) -> ZEstimates {
        let (mean, variance) = functional(shares)
        // The unbiased variance over the shots; that of a single one counts as 0.
        let error = shots > 1 ? (variance / Double(shots - 1)).squareRoot() : 0
        return ZEstimates(
            expectations: expectations(shares), means: [mean], standardErrors: [error])
    }

    /// Means of all Z strings are the Walsh–Hadamard transform of the shares.
    private func expectations(_ shares: [Double]) -> [Double] {
        var values = correction?.shares(shares) ?? shares
        for bit in 0..<readout.qubits {
            let half = 1 << bit
            for low in values.indices where low & half == 0 {
                let (zero, one) = (values[low], values[low | half])
                values[low] = zero + one
                values[low | half] = zero - one
            }
        }
        return readout.strings.map { values[Int($0.mask)] }
    }

    /// Mean and variance of the table's values over the shares.
    private func functional(_ shares: [Double]) -> (mean: Double, variance: Double) {
        func total(_ term: (Double) -> Double) -> Double {
            zip(shares, table).reduce(0) { $1.0 == 0 ? $0 : $0 + $1.0 * term($1.1) }
        }
        let mean = total { $0 }
        return (mean, total { ($0 - mean) * ($0 - mean) })
    }
}
