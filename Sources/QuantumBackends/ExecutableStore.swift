import QuantumCircuit
import QuantumSimulator

/// One prepared template on a simulator.
protocol TemplateExecution: AnyObject {
    /// Simulated numbers that one record takes: what a poll divides its time by.
    func work(shots: Int) -> Int

    /// Whether it takes 0 shots.
    var hasExactValues: Bool { get }

    /// - Parameters:
    ///   - parameters: row-major, as many rows as seeds; checked before.
    ///   - shots: 0 for exact values, where the target allows them.
    func estimate(
        parameters: [Double], seeds: [UInt64], shots: Int
    ) throws(BackendError) -> ZEstimates
}

/// A template on the noiseless batched simulator.
final class BatchExecution: TemplateExecution {
    private let readout: ZReadout
    private var simulator: BatchSimulator

    init(_ circuit: Circuit, _ readout: ZReadout) throws(BackendError) {
        self.readout = readout
        do {
            simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        } catch {
            throw BackendError(.invalidJob, error.description)
        }
    }

    func work(shots: Int) -> Int { 1 << readout.qubits }

    var hasExactValues: Bool { true }

    func estimate(
        parameters: [Double], seeds: [UInt64], shots: Int
    ) throws(BackendError) -> ZEstimates {
        var all = ZEstimates()
        do {
            if shots == 0 {
                try simulator.estimate(
                    readout, parameters: parameters, count: seeds.count, into: &all)
            } else {
                try simulator.estimate(
                    readout, parameters: parameters, count: seeds.count, shots: shots,
                    seeds: seeds, into: &all)
            }
        } catch {
            throw BackendError(.failed, error.description)
        }
        return all
    }
}

/// The templates that a simulating backend has prepared, and their execution in batches.
final class ExecutableStore {
    private struct Executable {
        let circuit: Circuit
        let readout: ZReadout
        let execution: any TemplateExecution
        /// What the device runs for it.
        let native: Circuit
        let executed: ExecutedCircuit
    }

    private let target: BackendTarget
    private let noise: NoisyBackendConfiguration?
    private let compilation: (target: DeviceTarget, own: DeviceCompilation)?
    private var executables: [Executable] = []

    /// - Parameters:
    ///   - noise: nil for the noiseless batched simulator.
    ///   - compilation: nil for a device that runs templates as they are.
    init(
        target: BackendTarget, noise: NoisyBackendConfiguration? = nil,
        compilation: (target: DeviceTarget, own: DeviceCompilation)? = nil
    ) {
        self.target = target
        self.noise = noise
        self.compilation = compilation
    }

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
        let native = try native(circuit)
        let execution: any TemplateExecution
        if let noise {
            execution = try NoisyExecution(circuit, readout, noise)
        } else {
            execution = try BatchExecution(circuit, readout)
        }
        executables.append(
            Executable(
                circuit: circuit, readout: readout, execution: execution, native: native,
                executed: ExecutedCircuit(native, isCompiled: compilation != nil)))
        return ExecutableID(index: executables.count - 1)
    }

    func circuit(_ id: ExecutableID) -> Circuit { executables[id.index].circuit }

    func readout(_ id: ExecutableID) -> ZReadout { executables[id.index].readout }

    func native(_ id: ExecutableID) -> Circuit { executables[id.index].native }

    private func native(_ circuit: Circuit) throws(BackendError) -> Circuit {
        guard let (target, own) = compilation else { return circuit }
        do { return try own.compile(circuit, target) } catch {
            throw BackendError(.invalidJob, "\(error)")
        }
    }

    /// What runs for each record of a job that was checked.
    func executed(_ job: BackendJob) -> ExecutedCircuit { executed(job.executable) }

    func executed(_ id: ExecutableID) -> ExecutedCircuit { executables[id.index].executed }

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
        let executable = executables[job.executable.index]
        guard job.shots > 0 || executable.execution.hasExactValues else {
            throw invalid(
                job,
                "0 shots: \(target.name) has no exact values for \(executable.circuit.qubits) "
                    + "qubits, 1 to \(target.maxShots) are allowed")
        }
        let width = executable.circuit.parameters
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

    /// Simulated numbers that each of a job's records takes, 1 or more.
    func work(_ job: BackendJob) -> Int {
        executables[job.executable.index].execution.work(shots: job.shots)
    }

    /// Runs some of a job's records.
    func run(_ job: BackendJob, records: Range<Int>) throws(BackendError) -> ZEstimates {
        let executable = executables[job.executable.index]
        let width = executable.circuit.parameters
        return try executable.execution.estimate(
            parameters: Array(
                job.parameters[records.lowerBound * width..<records.upperBound * width]),
            seeds: Array(job.seeds[records]), shots: job.shots)
    }

    /// Runs jobs of one executable and one number of shots as a single batch; results in their
    /// order.
    func run(_ jobs: [BackendJob]) -> [Result<ZEstimates, BackendError>] {
        guard let first = jobs.first else { return [] }
        return Self.run(jobs, on: executables[first.executable.index].execution)
    }

    /// Runs jobs of one executable and one number of shots on a given simulation of it.
    static func run(
        _ jobs: [BackendJob], on execution: any TemplateExecution
    ) -> [Result<ZEstimates, BackendError>] {
        guard let first = jobs.first else { return [] }
        let seeds = jobs.count == 1 ? first.seeds : jobs.flatMap(\.seeds)
        let parameters = jobs.count == 1 ? first.parameters : jobs.flatMap(\.parameters)
        let all: ZEstimates
        do throws(BackendError) {
            all = try execution.estimate(
                parameters: parameters, seeds: seeds, shots: first.shots)
        } catch {
            return jobs.map { _ in .failure(error) }
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
