public import Contracts
public import Determinism
public import QuantumCircuit
public import QuantumSimulator

/// What a device is and the most it takes.
public struct BackendTarget: Hashable, Sendable {
    public let name: String
    public let qubits: Int
    /// Per record. A target that has exact values also takes 0 shots.
    public let maxShots: Int
    /// Records in one job.
    public let maxBatch: Int
    public let isExactAllowed: Bool

    public init(name: String, qubits: Int, maxShots: Int, maxBatch: Int, isExactAllowed: Bool) {
        self.name = name
        self.qubits = qubits
        self.maxShots = maxShots
        self.maxBatch = maxBatch
        self.isExactAllowed = isExactAllowed
    }
}

/// What a device reports of itself at an instant.
public struct DeviceStatus: Hashable, Sendable {
    public var state: DeviceState
    /// Jobs accepted and not finished, other tenants' included.
    public var queueDepth: Int
    /// How long a job submitted now is expected to wait before it starts.
    public var predictedWait: TimeSpan
    /// Expected time on the device for one record, however many others it serves meanwhile.
    public var serviceTime: TimeSpan
    /// Jobs that ended well, and otherwise, since the backend was made.
    public var completed: Int
    public var failed: Int
    public var calibration: String
    /// Jobs that it serves at a time, 1 or more: so many records' service times go by at once.
    public var servers = 1
}

/// A device, or somebody else's service in front of one, in the verbs of QRMI and QDMI: discover
/// (`description(at:)`, and `DeviceCatalog` over several), prepare, submit, status, result, cancel.
///
/// A backend never blocks, never reads a clock and never spawns work: time comes in with each call
/// and must not run backwards. One owner calls it; it is not shared between threads. Per record,
/// results depend on the executable, the parameters, the seed and the shots, and never on how
/// records are grouped into jobs.
public protocol QuantumBackend: AnyObject {
    var target: BackendTarget { get }

    var kind: DeviceKind { get }

    /// Qubits, coupling, native gates and calibration figures; nil for one that runs every gate on
    /// any qubits, without error.
    var device: DeviceTarget? { get }

    var price: DevicePrice { get }

    /// The calibration in force: results under one id are comparable.
    func calibration(at now: Timestamp) -> String

    /// Compiles a template with its read-out, once; jobs then carry only parameters.
    ///
    /// - Throws: `invalidJob` for what the target cannot run.
    func prepare(_ circuit: Circuit, readout: ZReadout) throws(BackendError) -> ExecutableID

    /// Accepts a job or says why not; a rejected job leaves no trace.
    ///
    /// An id that is queued, running or remembered as done is accepted again without effect or
    /// cost; one that failed runs again.
    ///
    /// - Throws: `invalidJob`, `queueFull`, `throttled` or `unavailable`.
    @discardableResult
    func submit(_ job: BackendJob, at now: Timestamp) throws(BackendError) -> BackendJobID

    /// Nil for an id never accepted, or forgotten (`BackendLimits.rememberedJobs`).
    func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus?

    /// Jobs that ended since the last poll, in the order in which they ended; each exactly once.
    ///
    /// A real service keeps no such promise: a simulated device with delivery faults returns some
    /// results late, twice, damaged (`BackendResult.validated`) or never.
    func poll(at now: Timestamp) -> [BackendResult]

    /// How a job ended, again: for a submitter that was restarted after it, or before it, polled.
    ///
    /// - Returns: nil for a job that has not ended, or whose result the device does not keep. A
    ///   backend that lives and dies with its process keeps none.
    func result(of id: BackendJobID, at now: Timestamp) -> BackendResult?

    /// Takes a queued or running job off the device; it comes back from `poll` as `cancelled`.
    ///
    /// - Returns: false if the job is unknown or has ended.
    @discardableResult
    func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool

    func deviceStatus(at now: Timestamp) -> DeviceStatus

    /// What a prepared template takes on this device; nil where nobody knows.
    func profile(
        of executable: ExecutableID, shots: Int, at now: Timestamp
    ) -> ExecutableProfile?

    /// Announced times in which no job starts, the one under way first.
    func closures(at now: Timestamp) -> [DeviceClosure]

    /// When `poll` may next have something, at the earliest, if nothing else happens; nil if it
    /// never will.
    var nextEvent: Timestamp? { get }
}

extension QuantumBackend {
    public func result(of id: BackendJobID, at now: Timestamp) -> BackendResult? { nil }

    /// Prepares a template that is read as Z strings and, if weights are given, one weighted sum of
    /// them.
    public func prepare(
        _ circuit: Circuit, strings: [ZString], weights: [Double]? = nil
    ) throws(BackendError) -> ExecutableID {
        let readout: ZReadout
        do {
            readout = try ZReadout(qubits: circuit.qubits, strings: strings, weights: weights)
        } catch {
            throw BackendError(.invalidJob, error.description)
        }
        return try prepare(circuit, readout: readout)
    }
}
