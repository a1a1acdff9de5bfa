import LinearAlgebra
import Foundation
import QuantumCircuit
import QuantumSimulator

/// Runs the work of `tandem bench quantum`.
enum QuantumBench {
    /// What one piece of work came to: its rate, and numbers for peers to agree with.
    struct Outcome {
        let rate: Double
        /// Of the first records, row-major.
        let sample: [[Double]]
    }

    /// Records whose numbers are compared.
    static let compared = 4

    static func measure(_ work: QuantumWork, seconds: Double) throws -> Outcome {
        switch work.kind {
        case .expectations: try expectations(work, seconds)
        case .shots: try shots(work, seconds)
        case .kernel: try kernel(work, seconds)
        case .gradient: try gradient(work, seconds)
        }
    }

    private static func expectations(_ work: QuantumWork, _ seconds: Double) throws -> Outcome {
        let readout = try ZReadout(qubits: work.circuit.qubits, strings: work.strings)
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
        return Outcome(rate: rate, sample: rows(estimates.expectations, work.strings.count))
    }

    /// A batch long enough that starting threads does not count.
    private static func repeated(_ work: QuantumWork, times: Int) -> ([Double], Int) {
        ((0..<times).flatMap { _ in work.inputs }, times * work.records)
    }

    private static func shots(_ work: QuantumWork, _ seconds: Double) throws -> Outcome {
        let readout = try ZReadout(qubits: work.circuit.qubits, strings: work.strings)
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
        return Outcome(rate: rate, sample: rows(estimates.expectations, work.strings.count))
    }

    private static func kernel(_ work: QuantumWork, _ seconds: Double) throws -> Outcome {
        var kernel = try FidelityKernel(work.circuit)
        var matrix: [Double] = []
        let rate = try BenchTimer.rate(seconds: seconds, pieces: 1) {
            let states = try kernel.states(parameters: work.inputs, count: work.records)
            matrix = try FidelityKernel.matrix(states).elements
        }
        return Outcome(rate: rate, sample: rows(matrix, work.records))
    }

    private static func gradient(_ work: QuantumWork, _ seconds: Double) throws -> Outcome {
        let terms = work.strings.map { PauliSum.Term(1, PauliString($0)) }
        let observable = try PauliSum(qubits: work.circuit.qubits, terms: terms)
        var adjoint = try AdjointGradients(work.circuit, observable)
        var (values, gradients) = ([Double](), [Double]())
        let rate = try BenchTimer.rate(seconds: seconds, pieces: work.records) {
            try adjoint.evaluate(
                parameters: work.inputs, count: work.records, values: &values, into: &gradients)
        }
        return Outcome(rate: rate, sample: rows(gradients, work.circuit.parameters))
    }

    private static func rows(_ elements: [Double], _ width: Int) -> [[Double]] {
        (0..<min(compared, elements.count / width)).map {
            Array(elements[$0 * width..<($0 + 1) * width])
        }
    }
}
