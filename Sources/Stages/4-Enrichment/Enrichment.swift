public import Contracts
public import Determinism
public import QuantumBackends

/// What configures the enrichment stage.
public struct EnrichmentSettings: Sendable {
    /// Records submitted to the device as one batch.
    public var batchSize: Int
    /// How often the device's status goes out.
    public var heartbeat: TimeSpan
    /// How long after its submission a batch without a result is cancelled.
    public var resultTimeout: TimeSpan
    /// Which of the instances that serve the same devices this is; empty where there is one.
    public var instance = ""
    /// Whether each job's way goes to the ledger before it is gone, and is read back after a
    /// restart: for devices that outlive this process.
    public var keepsLedger: Bool

    public init(
        batchSize: Int = 256, heartbeat: TimeSpan = .milliseconds(100),
        resultTimeout: TimeSpan = .seconds(Int64(600)), keepsLedger: Bool = false
    ) {
        self.batchSize = batchSize
        self.heartbeat = heartbeat
        self.resultTimeout = resultTimeout
        self.keepsLedger = keepsLedger
    }
}

/// Stage 4: binds the circuit, submits batches to a backend, collects results, and never waits.
///
/// jobs → measurements, ledger, qpu-status. A job's input stays open until its measurement is
/// written, so that a crash repeats it; shots are drawn from the job's own seed, so that the
/// repetition gives the same counts. A job that the device refuses or fails yields a failed
/// measurement at once: nobody waits for nothing, and so does one whose result arrives damaged or
/// has not come after `resultTimeout`. While the device's queue is full or it asks for patience, jobs
/// stay here, bounded by the loop's limit on held inputs.
///
/// A stage that keeps the ledger writes `submitted` under the device's task first, and submits once
/// the cluster has that: restarted, it finds its tasks again and joins those that the device still
/// knows instead of paying for them twice.
///
/// With several devices each job goes to the one that it names, and what happens to one device is
/// nothing to the others: each has its queue, its heartbeat and its outcomes.
///
/// `counters.ignored` counts copies of jobs that run or ran here.
public struct Enrichment: Stage {
    public let name = StageName.enrichment
    private var own = StageCounters()
    private let parser = JSONParser()
    private var message = JobMessage()
    private var lanes: [DeviceLane]
    private let book = JobBook()

    public init(_ settings: EnrichmentSettings, backend: any QuantumBackend) {
        self.init(settings, backends: [backend])
    }

    /// - Parameter backends: one or more, of different names.
    public init(_ settings: EnrichmentSettings, backends: [any QuantumBackend]) {
        precondition(!backends.isEmpty, "enrichment needs a device")
        let book = book
        lanes = backends.map { DeviceLane(settings, backend: $0, book: book) }
    }

    public var counters: StageCounters {
        var sum = own
        for lane in lanes {
            sum.emitted += lane.emitted
            sum.ignored += lane.ignored
        }
        return sum
    }

    /// Circuits waiting or running: the inputs held open.
    public var heldCount: Int { lanes.reduce(0) { $0 + $1.inFlight } }

    public var nextDue: Timestamp? { lanes.lazy.compactMap(\.nextDue).min() }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard context.control.model != nil else { return }
        for index in 0..<batch.count {
            own.received += 1
            do throws(ContractViolation) {
                try message.read(batch.value(index) ?? .absent, with: parser)
                route(batch.messages[index], context, into: &out)
            } catch {
                out.reject(batch, index, by: name, because: error)
                own.rejected += 1
            }
        }
    }

    /// To the device where the job is paid for, else to the one that it names. One device takes
    /// every job: names in jobs are those of its operator's configuration.
    private mutating func route(
        _ inbound: InboundMessage, _ context: StageContext, into out: inout OutboundBatch
    ) {
        let paid = lanes.count == 1 ? 0 : lanes.firstIndex { $0.ledger[message.job] != nil }
        if let lane = paid ?? lanes.firstIndex(where: { message.device.equals($0.device.slice) }) {
            lanes[lane].take(message, inbound, context, into: &out)
        } else {
            let why = "device '\(message.device.excerpt(120))' is not served here"
            lanes[0].refuse(message, inbound, context, why, into: &out)
        }
    }

    /// Submits what waits, collects what has ended, and sends the heartbeats that are due.
    public mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        for index in lanes.indices { lanes[index].tick(context, into: &out) }
    }

    public mutating func forget(topic: Topic, partition: Int32) {
        book.running = book.running.filter {
            $0.value.topic != topic || $0.value.partition != partition
        }
        for index in lanes.indices { lanes[index].forget(topic: topic, partition: partition) }
    }

    public var durableState: DurableState? { lanes[0].durableState }

    public mutating func restore(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        var entry = LedgerMessage()
        for index in 0..<batch.count {
            guard let value = batch.value(index) else { continue }
            do throws(ContractViolation) {
                try entry.read(value, with: parser)
                for lane in lanes.indices { lanes[lane].restore(entry) }
            } catch {
                out.reject(batch, index, by: name, because: error)
                own.rejected += 1
            }
        }
    }
}

/// The jobs of all devices: a job that runs or ran on one is not run, or billed, on another.
final class JobBook {
    /// Jobs on their way, by identity, with the input that is held for each.
    var running: [UInt64: MessagePosition] = [:]
    var finished = RecentJobs()
}
