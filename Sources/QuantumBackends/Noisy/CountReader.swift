import QuantumCircuit
import QuantumSimulator

/// Reads a record's estimates off its counts.
struct CountReader {
    let readout: ZReadout
    private let correction: ReadoutCorrection?
    /// What each reported outcome counts for in the functional.
    private let table: [Double]

    init(_ readout: ZReadout, correction: ReadoutCorrection?) {
        self.readout = readout
        self.correction = correction
        table = correction?.values(readout.table) ?? readout.table
    }

    /// - Parameter counts: of each outcome, 2^qubits of them.
    func estimates(_ counts: [Int], shots: Int) -> ZEstimates {
        let (mean, variance) = functional(counts, shots)
        return ZEstimates(
            expectations: expectations(counts, shots), means: [mean],
            standardErrors: [(variance / Double(shots)).squareRoot()])
    }

    /// Means of all Z strings are the Walsh–Hadamard transform of the shares.
    private func expectations(_ counts: [Int], _ shots: Int) -> [Double] {
        var values = counts.map { Double($0) / Double(shots) }
        if let correction { values = correction.shares(values) }
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

    /// Sample mean and variance; the variance of a single shot counts as 0.
    private func functional(_ counts: [Int], _ shots: Int) -> (mean: Double, variance: Double) {
        func total(_ term: (Double) -> Double) -> Double {
            zip(counts, table).reduce(0) {
                $1.0 == 0 ? $0 : $0 + Double($1.0) * term($1.1)
            }
        }
        let mean = total { $0 } / Double(shots)
        let squares = total { ($0 - mean) * ($0 - mean) }
        return (mean, shots > 1 ? squares / Double(shots - 1) : 0)
    }
}
