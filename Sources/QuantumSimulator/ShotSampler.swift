internal import CQuantumKernels
import QuantumCircuit

/// Shots: outcomes drawn from exact probabilities with Philox, keyed by each record's seed.
///
/// Shot i reads word i mod 4 of the Philox block with counter (i div 4, stream), halved to 31 bits,
/// and compares it with cumulative probabilities rounded to multiples of 2⁻³¹. So counts depend on
/// the record's parameters, seed and number of shots, and on nothing else: not on its batch, lane,
/// thread or machine.
extension BatchSimulator {
    /// Histograms of measured bit strings.
    ///
    /// - Parameters:
    ///   - shots: per record, within `shotLimits`.
    ///   - seeds: one per record.
    ///   - stream: separate draws under one seed, for several measurements of one job.
    ///   - into: becomes row-major count × 2^qubits; reused when it has that size.
    public mutating func counts(
        parameters: [Double], count: Int, shots: Int, seeds: [UInt64], stream: UInt64 = 0,
        into output: inout [UInt32]
    ) throws(SimulationError) {
        try check(parameters, count)
        try check(shots, seeds, count)
        let states = plan.states
        if output.count != count * states {
            output = [UInt32](repeating: 0, count: count * states)
        }
        forEachBlock(parameters, count) { simulator, first, valid in
            simulator.takeLimits()
            for lane in 0..<valid {
                unsafe output.withUnsafeMutableBufferPointer { rows in
                    guard let base = rows.baseAddress else { return }
                    let row = unsafe base + (first + lane) * states
                    unsafe simulator.draw(lane, seeds[first + lane], stream, shots, into: row)
                }
            }
        }
    }

    /// Means of a readout's strings over shots; the functional's mean and standard error.
    ///
    /// The standard error is the sample standard deviation of h over √shots.
    public mutating func estimate(
        _ readout: ZReadout, parameters: [Double], count: Int, shots: Int, seeds: [UInt64],
        stream: UInt64 = 0, into output: inout ZEstimates
    ) throws(SimulationError) {
        try check(parameters, count)
        try check(readout)
        try check(shots, seeds, count)
        output.resize(records: count, strings: readout.strings.count)
        forEachBlock(parameters, count) { simulator, first, valid in
            simulator.takeLimits()
            for lane in 0..<valid {
                let record = first + lane
                let histogram = unsafe simulator.workspace.counts
                unsafe simulator.draw(lane, seeds[record], stream, shots, into: histogram)
                let (mean, variance) = simulator.moments(readout, shots)
                output.means[record] = mean
                output.standardErrors[record] = (variance / Double(shots)).squareRoot()
                simulator.readCounts(readout, shots, record, &output.expectations)
            }
        }
    }

    private func check(
        _ shots: Int, _ seeds: [UInt64], _ count: Int
    ) throws(SimulationError) {
        guard Self.shotLimits.contains(shots) else {
            throw .shots(shots, allowed: Self.shotLimits)
        }
        guard seeds.count == count else { throw .seeds(count: seeds.count, expected: count) }
    }

    private func takeLimits() {
        takeProbabilities()
        unsafe kernels.limits(workspace.probabilities, plan.states, workspace.limits)
    }

    private func draw(
        _ lane: Int, _ seed: UInt64, _ stream: UInt64, _ shots: Int,
        into histogram: UnsafeMutablePointer<UInt32>
    ) {
        unsafe kernels.sample(
            seed, stream, shots, workspace.limits + lane * plan.states, plan.states,
            workspace.sampling, histogram)
    }

    private func moments(_ readout: ZReadout, _ shots: Int) -> (mean: Double, variance: Double) {
        unsafe kernels.countFunctional(workspace.counts, readout.table, shots)
    }

    /// Every Z string's sum of ±1 at once, by an integer Walsh–Hadamard transform of the histogram.
    private func readCounts(
        _ readout: ZReadout, _ shots: Int, _ record: Int, _ expectations: inout [Double]
    ) {
        let sums = unsafe kernels.countWalsh(workspace.counts, plan.qubits)
        let row = record * readout.strings.count
        for (index, string) in readout.strings.enumerated() {
            expectations[row + index] = unsafe Double(sums[Int(string.mask)]) / Double(shots)
        }
    }
}
