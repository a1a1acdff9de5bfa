import LinearAlgebra
import Foundation
import QuantumCircuit
import QuantumSimulator

/// Runs the work of `tandem bench quantum`.
enum QuantumBench {
    static func measure(_ work: QuantumWork, seconds: Double) throws -> BenchOutcome {
        switch work.kind {
        case .expectations: try expectations(work, seconds)
        case .observables: try observables(work, seconds)
        case .shots: try shots(work, seconds)
        case .kernel: try kernel(work, seconds)
        case .gradient: try gradient(work, seconds)
        }
    }

    private static func expectations(_ work: QuantumWork, _ seconds: Double) throws -> BenchOutcome
    {
        let readout = try readout(work)
        let plan = try SimulationPlan.compile(work.circuit)
        var estimates = ZEstimates()
        let rate: Double
        if work.threads > 1 {
            let team = try BatchTeam(plan, workers: work.threads, path: work.path)
            let (inputs, records) = repeated(work, times: 8)
            rate = try BenchTimer.rate(seconds: seconds, pieces: records) {
                try team.estimate(readout, parameters: inputs, count: records, into: &estimates)
            }
        } else {
            var simulator = BatchSimulator(plan, path: work.path)
            rate = try BenchTimer.rate(seconds: seconds, pieces: work.records) {
                try simulator.estimate(
                    readout, parameters: work.inputs, count: work.records, into: &estimates)
            }
        }
        return BenchOutcome(
            rate: rate, sample: BenchOutcome.rows(estimates.expectations, work.strings.count))
    }

    /// X and Y need the phases that a Z measurement does not see.
    private static func observables(
        _ work: QuantumWork, _ seconds: Double
    ) throws -> BenchOutcome {
        let plan = try SimulationPlan.compile(work.circuit, for: .amplitudes)
        var values: [Double] = []
        let rate: Double
        if work.threads > 1 {
            let team = try BatchTeam(plan, workers: work.threads, path: work.path)
            let sums = try work.strings.map {
                try PauliSum(qubits: work.qubits, terms: [PauliSum.Term(1, $0)])
            }
            let (inputs, records) = repeated(work, times: 8)
            rate = try BenchTimer.rate(seconds: seconds, pieces: records) {
                try team.expectations(of: sums, parameters: inputs, count: records, into: &values)
            }
        } else {
            var simulator = BatchSimulator(plan, path: work.path)
            rate = try BenchTimer.rate(seconds: seconds, pieces: work.records) {
                try simulator.expectations(
                    of: work.strings, parameters: work.inputs, count: work.records, into: &values)
            }
        }
        return BenchOutcome(
            rate: rate, sample: BenchOutcome.rows(values, work.strings.count))
    }

    private static func readout(_ work: QuantumWork) throws -> ZReadout {
        try ZReadout(qubits: work.qubits, strings: work.strings.map { ZString(mask: $0.z) })
    }

    /// A batch long enough that starting threads does not count.
    private static func repeated(_ work: QuantumWork, times: Int) -> ([Double], Int) {
        ((0..<times).flatMap { _ in work.inputs }, times * work.records)
    }

    private static func shots(_ work: QuantumWork, _ seconds: Double) throws -> BenchOutcome {
        let readout = try readout(work)
        var simulator = BatchSimulator(try SimulationPlan.compile(work.circuit), path: .general)
        var estimates = ZEstimates()
        let seeds = (0..<work.records).map { UInt64($0) }
        let rate = try BenchTimer.rate(seconds: seconds, pieces: work.records) {
            try simulator.estimate(
                readout, parameters: work.inputs, count: work.records, shots: work.shots,
                seeds: seeds, into: &estimates)
        }
        // Peers draw other numbers: they are compared with the exact ones.
        try simulator.estimate(
            readout, parameters: work.inputs, count: work.records, into: &estimates)
        return BenchOutcome(
            rate: rate, sample: BenchOutcome.rows(estimates.expectations, work.strings.count))
    }

    private static func kernel(_ work: QuantumWork, _ seconds: Double) throws -> BenchOutcome {
        var kernel = try FidelityKernel(work.circuit)
        var matrix: [Double] = []
        let rate = try BenchTimer.rate(seconds: seconds, pieces: 1) {
            let states = try kernel.states(parameters: work.inputs, count: work.records)
            matrix = try FidelityKernel.matrix(states).elements
        }
        return BenchOutcome(rate: rate, sample: BenchOutcome.rows(matrix, work.records))
    }

    private static func gradient(_ work: QuantumWork, _ seconds: Double) throws -> BenchOutcome {
        let terms = work.strings.map { PauliSum.Term(1, $0) }
        let observable = try PauliSum(qubits: work.circuit.qubits, terms: terms)
        var adjoint = try AdjointGradients(work.circuit, observable)
        var (values, gradients) = ([Double](), [Double]())
        let rate = try BenchTimer.rate(seconds: seconds, pieces: work.records) {
            try adjoint.evaluate(
                parameters: work.inputs, count: work.records, values: &values, into: &gradients)
        }
        return BenchOutcome(
            rate: rate, sample: BenchOutcome.rows(gradients, work.circuit.parameters))
    }
}
