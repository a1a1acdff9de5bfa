public import Contracts
public import Determinism
public import QuantumCircuit
public import QuantumSimulator

/// A device as a service in front of it shows it: results of ended jobs are kept, and can be asked
/// for again by a submitter that was restarted.
///
/// Passes everything else on to the device. Keeps the newest results, up to a number of records.
public final class ResultArchive: QuantumBackend {
    private let backend: any QuantumBackend
    private let maximumRecords: Int
    private var kept: [BackendJobID: BackendResult] = [:]
    private var order = FIFO<BackendJobID>()
    private var records = 0

    /// - Parameter maximumRecords: of all kept results together; bounds the memory.
    public init(_ backend: any QuantumBackend, maximumRecords: Int = 100_000) {
        self.backend = backend
        self.maximumRecords = maximumRecords
    }

    public var target: BackendTarget { backend.target }
    public var kind: DeviceKind { backend.kind }
    public var device: DeviceTarget? { backend.device }
    public var price: DevicePrice { backend.price }

    public func calibration(at now: Timestamp) -> String { backend.calibration(at: now) }

    public func prepare(
        _ circuit: Circuit, readout: ZReadout
    ) throws(BackendError) -> ExecutableID {
        try backend.prepare(circuit, readout: readout)
    }

    @discardableResult
    public func submit(
        _ job: BackendJob, at now: Timestamp
    ) throws(BackendError) -> BackendJobID {
        try backend.submit(job, at: now)
    }

    public func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus? {
        backend.status(id, at: now)
    }

    public func poll(at now: Timestamp) -> [BackendResult] {
        let results = backend.poll(at: now)
        for result in results { keep(result) }
        return results
    }

    /// A failed job may run again under its id, and then has a new result.
    private func keep(_ result: BackendResult) {
        if kept[result.id] == nil { order.append(result.id) }
        records += result.records - (kept[result.id]?.records ?? 0)
        kept[result.id] = result
        while records > maximumRecords, let oldest = order.popFirst() {
            records -= kept.removeValue(forKey: oldest)?.records ?? 0
        }
    }

    public func result(of id: BackendJobID, at now: Timestamp) -> BackendResult? { kept[id] }

    @discardableResult
    public func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool {
        backend.cancel(id, at: now)
    }

    public func deviceStatus(at now: Timestamp) -> DeviceStatus { backend.deviceStatus(at: now) }

    public func profile(
        of executable: ExecutableID, shots: Int, at now: Timestamp
    ) -> ExecutableProfile? {
        backend.profile(of: executable, shots: shots, at: now)
    }

    public func closures(at now: Timestamp) -> [DeviceClosure] { backend.closures(at: now) }

    public var nextEvent: Timestamp? { backend.nextEvent }
}
