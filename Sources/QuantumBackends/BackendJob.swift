public import Determinism
public import QuantumCircuit
public import QuantumSimulator

/// A job's identity, given by its submitter. Submitting a known id again runs and costs nothing.
public struct BackendJobID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(_ rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}

/// A circuit template and read-out that a backend has prepared; valid for that backend only.
public struct ExecutableID: Hashable, Sendable {
    public let index: Int

    public init(index: Int) { self.index = index }
}

/// A batch of records to run through one prepared template.
public struct BackendJob: Sendable {
    public var id: BackendJobID
    public var executable: ExecutableID
    /// Row-major records × the template's parameters, finite, within ±`BackendLimits.parameter`.
    public var parameters: [Double]
    /// One per record, each a function of what the record's job computes; their count is the record
    /// count.
    public var seeds: [UInt64]
    /// Shots per record; 0 asks for exact values, which only some targets have.
    public var shots: Int
    /// The most that the whole job may cost, in millionths of the price unit: what costs more from
    /// the start is refused, and what comes to cost more is stopped and billed at no more than that.
    /// Nil for no limit. For targets whose bills depend on how long a job takes.
    public var maximumMicros: Int64?

    public init(
        id: BackendJobID, executable: ExecutableID, parameters: [Double], seeds: [UInt64],
        shots: Int, maximumMicros: Int64? = nil
    ) {
        self.id = id
        self.executable = executable
        self.parameters = parameters
        self.seeds = seeds
        self.shots = shots
        self.maximumMicros = maximumMicros
    }

    public var records: Int { seeds.count }
}

/// Limits that hold for every backend.
public enum BackendLimits {
    /// Largest magnitude of a parameter value: keeps every phase finite and far more precise than
    /// shots.
    public static let parameter = 1e4
    /// How many finished jobs a backend remembers for `status`.
    public static let rememberedJobs = 8_192
}

public enum JobStatus: Hashable, Sendable {
    case queued
    case running
    /// Finished; the result waits for, or went out with, a `poll`.
    case done
    case failed(BackendError)
}

/// The circuit that a device runs for each record of a job.
public struct ExecutedCircuit: Hashable, Sendable {
    /// Those of the device, where it compiles.
    public let qubits: Int
    /// As `Circuit.depth` counts.
    public let depth: Int
    /// Unitary gates on two or more qubits.
    public let twoQubitGates: Int
    /// Whether the device compiled it; else the figures are the template's own.
    public let isCompiled: Bool

    public init(_ circuit: Circuit, isCompiled: Bool) {
        qubits = circuit.qubits
        depth = circuit.depth
        twoQubitGates = circuit.entanglingGates
        self.isCompiled = isCompiled
    }
}

/// How a device turns templates into what it executes: given by a layer above, which has the
/// compiler.
public struct DeviceCompilation: Sendable {
    /// A template in the target's native gates on its qubits, every qubit read at the end; throws
    /// what the target does not support.
    public let compile: @Sendable (Circuit, DeviceTarget) throws -> Circuit

    public init(_ compile: @escaping @Sendable (Circuit, DeviceTarget) throws -> Circuit) {
        self.compile = compile
    }
}

/// How one job ended, with everything needed to account for and to reproduce it.
public struct BackendResult: Sendable {
    public let id: BackendJobID
    public let executable: ExecutableID
    public let records: Int
    /// Shots per record; 0 if exact.
    public let shots: Int
    /// Expectations and functional of each record, in the job's order, or why there are none.
    public var outcome: Result<ZEstimates, BackendError>
    /// What ran, or would have run, for each record.
    public let circuit: ExecutedCircuit
    public let device: String
    /// Calibration in force when the job started (for a job that never started, when it ended).
    public let calibration: String
    public let submitted: Timestamp
    /// Nil if the job never ran.
    public let started: Timestamp?
    public let completed: Timestamp
    /// In the device's price unit; 0 for a job that did not complete.
    public let cost: Double
    /// The same in millionths, exact where the device has a price book.
    public let costMicros: Int64
    /// Where the time went; nil where the backend does not know.
    public let phases: JobPhases?
    /// The noise in force, where it drifts.
    public let drift: CalibrationSummary?
    /// `ZEstimates.checksum` as the device sent it; nil where it sends none.
    public let checksum: UInt64?

    /// Time from submission to start; for a job that never ran, until it ended.
    public var queueWait: TimeSpan { (started ?? completed) - submitted }
    /// Time on the device; nil for a job that never ran.
    public var runTime: TimeSpan? { started.map { completed - $0 } }
    /// Time from submission to end.
    public var latency: TimeSpan { completed - submitted }

    public init(
        job: BackendJob, outcome: Result<ZEstimates, BackendError>, circuit: ExecutedCircuit,
        device: String, calibration: String, submitted: Timestamp, started: Timestamp?,
        completed: Timestamp, cost: Double, costMicros: Int64? = nil, phases: JobPhases? = nil,
        drift: CalibrationSummary? = nil, checksum: UInt64? = nil
    ) {
        id = job.id
        executable = job.executable
        records = job.records
        shots = job.shots
        self.outcome = outcome
        self.circuit = circuit
        self.device = device
        self.calibration = calibration
        self.submitted = submitted
        self.started = started
        self.completed = completed
        self.cost = cost
        self.costMicros = costMicros ?? Int64((cost * 1e6).rounded())
        self.phases = phases
        self.drift = drift
        self.checksum = checksum
    }

    /// The outcome if it arrived whole, else `garbled` with what is wrong.
    ///
    /// - Parameter strings: that the executable reads per record; nil to accept any number.
    public func validated(strings: Int? = nil) -> Result<ZEstimates, BackendError> {
        guard case .success(let estimates) = outcome else { return outcome }
        func garbled(_ what: String) -> Result<ZEstimates, BackendError> {
            .failure(BackendError(.garbled, "the result of job \(id) \(what)"))
        }
        let found = estimates.means.count
        guard found == records, estimates.standardErrors.count == records else {
            return garbled("has \(found) records: \(records) were sent")
        }
        let perRecord = records == 0 ? 0 : estimates.expectations.count / records
        guard estimates.expectations.count == (strings ?? perRecord) * records else {
            return garbled("has \(estimates.expectations.count) expectations")
        }
        let numbers = estimates.expectations + estimates.means + estimates.standardErrors
        guard numbers.allSatisfy(\.isFinite) else { return garbled("is not finite") }
        guard checksum == nil || checksum == estimates.checksum else {
            return garbled("does not match its checksum")
        }
        return outcome
    }
}
