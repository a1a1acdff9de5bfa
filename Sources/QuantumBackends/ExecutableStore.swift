import QuantumCircuit
import QuantumSimulator

/// The templates that a simulating backend has prepared, and their execution in batches.
final class ExecutableStore {
    private final class Executable {
        let circuit: Circuit
        let readout: ZReadout
        var simulator: BatchSimulator

        init(_ plan: SimulationPlan, _ readout: ZReadout) {
            circuit = plan.circuit
            self.readout = readout
            simulator = BatchSimulator(plan)
        }
    }

    private let target: BackendTarget
    private var executables: [Executable] = []

    init(target: BackendTarget) { self.target = target }

    /// A template prepared before, with the same read-out, keeps its id.
    func prepare(_ circuit: Circuit, _ readout: ZReadout) throws(BackendError) -> ExecutableID {
        guard circuit.qubits <= target.qubits else {
            throw BackendError(
                .invalidJob,
                "a circuit of \(circuit.qubits) qubits: \(target.name) has \(target.qubits)")
        }
        guard readout.qubits == circuit.qubits else {
            throw BackendError(
                .invalidJob,
                "a read-out of \(readout.qubits) qubits for a circuit of \(circuit.qubits)")
        }
        let known = executables.firstIndex { $0.circuit == circuit && $0.readout == readout }
        if let known { return ExecutableID(index: known) }
        do {
            executables.append(Executable(try SimulationPlan.compile(circuit), readout))
        } catch {
            throw BackendError(.invalidJob, error.description)
        }
        return ExecutableID(index: executables.count - 1)
    }

    /// Everything that would make a job fail, checked before it is accepted.
    func check(_ job: BackendJob) throws(BackendError) {
        let minimum = target.isExactAllowed ? 0 : 1
        guard executables.indices.contains(job.executable.index) else {
            throw invalid(job, "executable \(job.executable.index) was not prepared here")
        }
        guard (1...target.maxBatch).contains(job.records) else {
            throw invalid(job, "\(job.records) records: 1 to \(target.maxBatch) are allowed")
        }
        guard (minimum...target.maxShots).contains(job.shots) else {
            throw invalid(job, "\(job.shots) shots: \(minimum) to \(target.maxShots) are allowed")
        }
        let width = executables[job.executable.index].circuit.parameters
        guard job.parameters.count == job.records * width else {
            throw invalid(
                job,
                "\(job.parameters.count) parameter values: \(job.records) × \(width) are needed")
        }
        // NaN fails the comparison too.
        let limit = BackendLimits.parameter
        let wrong = job.parameters.firstIndex { !($0.magnitude <= limit) }
        if let wrong {
            throw invalid(
                job,
                "parameter \(wrong % width) of record \(wrong / width) is "
                    + "\(job.parameters[wrong]): finite values within ±\(limit) are allowed")
        }
    }

    private func invalid(_ job: BackendJob, _ detail: String) -> BackendError {
        BackendError(.invalidJob, "job \(job.id): \(detail)")
    }

    /// Runs jobs of one executable and one number of shots as a single batch; results in their
    /// order.
    func run(_ jobs: [BackendJob]) -> [Result<ZEstimates, BackendError>] {
        guard let first = jobs.first else { return [] }
        let executable = executables[first.executable.index]
        let seeds = jobs.count == 1 ? first.seeds : jobs.flatMap(\.seeds)
        let parameters = jobs.count == 1 ? first.parameters : jobs.flatMap(\.parameters)
        var all = ZEstimates()
        do {
            if first.shots == 0 {
                try executable.simulator.estimate(
                    executable.readout, parameters: parameters, count: seeds.count, into: &all)
            } else {
                try executable.simulator.estimate(
                    executable.readout, parameters: parameters, count: seeds.count,
                    shots: first.shots, seeds: seeds, into: &all)
            }
        } catch {
            let failure = BackendError(.failed, error.description)
            return jobs.map { _ in .failure(failure) }
        }
        if jobs.count == 1 { return [.success(all)] }
        var start = 0
        return jobs.map { job in
            defer { start += job.records }
            return .success(all.slice(start..<start + job.records))
        }
    }

    /// Runs any jobs: neighbours of one kind share a batch, so that single records still fill the
    /// lanes.
    func runGrouped(_ jobs: [BackendJob]) -> [Result<ZEstimates, BackendError>] {
        var results: [Result<ZEstimates, BackendError>] = []
        results.reserveCapacity(jobs.count)
        var first = 0
        while first < jobs.count {
            var end = first + 1
            while end < jobs.count && jobs[end].executable == jobs[first].executable
                && jobs[end].shots == jobs[first].shots
            { end += 1 }
            results += run(Array(jobs[first..<end]))
            first = end
        }
        return results
    }
}
