import Contracts
import Determinism
import QuantumBackends
import QuantumCircuit
import QuantumSimulator
import SimulatedTransport

/// A device that outlives every instance that uses it, with its own books: what it ran and billed.
final class ChaosService {
    let time: ManualTimeSource
    fileprivate let qpu: SimulatedQPU
    fileprivate var results: [BackendJobID: BackendResult] = [:]
    /// Results in the order of their coming, to forget the oldest.
    private var order: [BackendJobID] = []
    fileprivate var inboxes: [UInt64: [BackendResult]] = [:]
    private var owners: [BackendJobID: UInt64] = [:]
    private var seeds: [BackendJobID: [UInt64]] = [:]
    private var clients: UInt64 = 0
    private let garbage: (seed: UInt64, share: Double)
    /// Job records billed, by the seed of their shots, which is a function of the job's id.
    private(set) var billed: [UInt64: Int] = [:]
    private(set) var cost = 0.0
    private(set) var garbled = 0
    /// Tasks that failed or that an outage refused.
    fileprivate(set) var failures = 0

    /// - Parameter garbage: share of tasks whose results are nonsense.
    init(
        _ configuration: SimulatedQPUConfiguration, time: ManualTimeSource, garbage: Double,
        seed: UInt64
    ) throws {
        self.time = time
        qpu = try SimulatedQPU(configuration, start: time.now())
        self.garbage = (seed, garbage)
    }

    fileprivate func newClient() -> UInt64 {
        clients += 1
        return clients
    }

    fileprivate func note(_ job: BackendJob, of client: UInt64) {
        owners[job.id] = client
        seeds[job.id] = job.seeds
    }

    /// Takes over what has ended.
    fileprivate func pump() {
        for result in qpu.poll(at: time.now()) {
            let result = garbled(result)
            results[result.id] = result
            order.append(result.id)
            if case .failure = result.outcome { failures += 1 }
            // A copy of a result is no second bill.
            if result.cost > 0, seeds[result.id] != nil {
                cost += result.cost
                for seed in seeds[result.id] ?? [] { billed[seed, default: 0] += 1 }
            }
            seeds[result.id] = nil
            if let owner = owners.removeValue(forKey: result.id) {
                inboxes[owner, default: []].append(result)
            }
        }
        if order.count > 2 * BackendLimits.rememberedJobs {
            for id in order.prefix(BackendLimits.rememberedJobs) { results[id] = nil }
            order.removeFirst(BackendLimits.rememberedJobs)
        }
    }

    /// Nonsense in place of the estimates: not a number, or beyond what an expectation can be.
    private func garbled(_ result: BackendResult) -> BackendResult {
        guard garbage.share > 0, case .success(var estimates) = result.outcome else {
            return result
        }
        let draw = StableHash.combine(garbage.seed, StableHash.hash64(result.id.rawValue))
        guard Double(draw >> 11) * 0x1p-53 < garbage.share else { return result }
        garbled += 1
        let nonsense = draw.isMultiple(of: 2) ? Double.nan : 1e300
        estimates = ZEstimates(
            expectations: estimates.expectations.map { _ in nonsense },
            means: estimates.means.map { _ in nonsense },
            standardErrors: estimates.standardErrors.map { _ in -1 })
        return result.with(.success(estimates))
    }
}

/// One instance's connection to the service; its clock may differ from the device's.
final class ChaosDevice: QuantumBackend {
    private let service: ChaosService
    private let client: UInt64
    private let skew: TimeSpan

    init(_ service: ChaosService, skew: TimeSpan) {
        self.service = service
        self.skew = skew
        client = service.newClient()
    }

    var target: BackendTarget { service.qpu.target }
    var kind: DeviceKind { service.qpu.kind }
    var device: DeviceTarget? { service.qpu.device }
    var price: DevicePrice { service.qpu.price }

    func calibration(at now: Timestamp) -> String {
        service.qpu.calibration(at: service.time.now())
    }

    func prepare(_ circuit: Circuit, readout: ZReadout) throws(BackendError) -> ExecutableID {
        try service.qpu.prepare(circuit, readout: readout)
    }

    @discardableResult
    func submit(_ job: BackendJob, at now: Timestamp) throws(BackendError) -> BackendJobID {
        // One that failed runs again, for whoever submits it now.
        let isKnown =
            switch service.qpu.status(job.id, at: service.time.now()) {
            case .queued, .running, .done: true
            case .failed, nil: false
            }
        let id: BackendJobID
        do throws(BackendError) {
            id = try service.qpu.submit(job, at: service.time.now())
        } catch {
            service.failures += 1
            throw error
        }
        if !isKnown { service.note(job, of: client) }
        return id
    }

    func status(_ id: BackendJobID, at now: Timestamp) -> JobStatus? {
        service.qpu.status(id, at: service.time.now())
    }

    func poll(at now: Timestamp) -> [BackendResult] {
        service.pump()
        return service.inboxes.removeValue(forKey: client) ?? []
    }

    func result(of id: BackendJobID, at now: Timestamp) -> BackendResult? {
        service.pump()
        return service.results[id]
    }

    @discardableResult
    func cancel(_ id: BackendJobID, at now: Timestamp) -> Bool {
        service.qpu.cancel(id, at: service.time.now())
    }

    func deviceStatus(at now: Timestamp) -> DeviceStatus {
        service.qpu.deviceStatus(at: service.time.now())
    }

    /// In the instance's time; what another instance's poll has fetched for this one is due at once.
    var nextEvent: Timestamp? {
        if service.inboxes[client] != nil { return service.time.now() + skew }
        return service.qpu.nextEvent.map { $0 + skew }
    }
}

extension BackendResult {
    fileprivate func with(_ outcome: Result<ZEstimates, BackendError>) -> BackendResult {
        var other = self
        other.outcome = outcome
        return other
    }
}
