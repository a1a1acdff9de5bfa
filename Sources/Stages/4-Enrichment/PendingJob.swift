internal import Contracts
internal import Determinism
internal import Policies
internal import QuantumBackends
internal import QuantumSimulator

/// A job on its way through the device: everything its measurement needs beside the result.
struct PendingJob {
    var id: OwnedBytes
    var job: UInt64
    var receivedAt: Timestamp
    var deadline: Timestamp
    var classicalScore: Double
    var shots: Int
    var seed: UInt64
    /// What was set aside for it, in millionths; nil where no budget pays.
    var maximumMicros: Int64?
    var circuit: OwnedBytes
    var circuitHash: OwnedBytes
    var model: OwnedBytes
    var downgrade: Downgrade
    var position: MessagePosition
    var headers: [MessageHeader]
    /// The input's partition belongs to another instance by now, which repeats the job.
    var isForeign = false
    /// What it computes, where results are kept.
    var computation: ComputationKey?

    init(
        _ message: borrowing JobMessage, at position: MessagePosition, headers: [MessageHeader],
        _ names: inout Interner
    ) {
        id = OwnedBytes(message.id)
        job = message.job
        receivedAt = message.receivedAt
        deadline = message.deadline
        classicalScore = message.classicalScore
        shots = message.shots
        seed = message.seed
        maximumMicros = message.maximumCost.map { Int64(min(max($0 * 1e6, 0), 1e18).rounded()) }
        circuit = names.intern(message.circuit)
        circuitHash = names.intern(message.circuitHash)
        model = names.intern(message.model)
        downgrade = message.downgrade
        self.position = position
        self.headers = headers
    }
}

/// Records gathered for one submission.
struct JobBatch {
    var executable: ExecutableID
    var shots: Int
    var jobs: [PendingJob] = []
    var angles: [Double] = []
    /// How often these jobs were submitted before.
    var attempt: UInt64 = 0
    /// When it was last offered to the backend; meaningless before.
    var submittedAt = Timestamp.distantFuture

    /// What the device announced then, and how many circuits were on their way before these.
    var announced = TimeSpan.zero
    var queueDepth = 0

    /// The batch's identity: a hash of its jobs' identities, in order, and of the attempt.
    var task: UInt64 {
        jobs.reduce(0x7461_6E64_656D &+ attempt) { StableHash.combine($0, $1.job) }
    }

    var id: BackendJobID { BackendJobID(task: task) }

    /// The same jobs again, by duplicates or after a rebalance, get another identity: under one that
    /// the backend still knows there would be no second result, and their inputs would stay open for
    /// ever.
    mutating func distinguish(_ isKnown: (BackendJobID) -> Bool) {
        while isKnown(id) { attempt += 1 }
    }

    var backendJob: BackendJob {
        BackendJob(
            id: id, executable: executable, parameters: angles, seeds: jobs.map(\.seed),
            shots: shots, maximumMicros: maximumMicros)
    }

    /// Whether a job can run with these: with as many shots, and for as much money, since all pay the
    /// same part of the bill.
    func takes(_ job: PendingJob) -> Bool {
        shots == job.shots && jobs.first?.maximumMicros == job.maximumMicros
    }

    /// The limit of all together.
    private var maximumMicros: Int64? {
        guard let each = jobs.first?.maximumMicros else { return nil }
        let (product, overflow) = each.multipliedReportingOverflow(by: Int64(jobs.count))
        return overflow ? .max : product
    }
}

/// The identities of jobs that ended lately: between 50,000 and 100,000 of them, some 4 MB.
struct RecentJobs {
    private static let generation = 50_000
    private var newer: Set<UInt64> = []
    private var older: Set<UInt64> = []

    func contains(_ job: UInt64) -> Bool { newer.contains(job) || older.contains(job) }

    mutating func insert(_ job: UInt64) {
        if newer.count >= Self.generation {
            older = newer
            newer.removeAll(keepingCapacity: true)
        }
        newer.insert(job)
    }
}

extension BackendJobID {
    init(task: UInt64) { self.init(String(task, radix: 16)) }
}

/// Where the ledger saw a job last.
struct LedgerPlace {
    var state: LedgerMessage.State
    var task: UInt64?
    var index: Int
    var cost: Double

    /// Whether it was settled without a task: by the result cache.
    var isAnswered: Bool { state == .settled && task == nil }

    init(_ entry: LedgerMessage) {
        state = entry.state
        task = entry.state == .submitted || entry.state == .settled ? entry.task : nil
        index = entry.index ?? 0
        cost = entry.cost
    }
}

/// A task of an earlier life, with the jobs of it that came again.
struct JoinedTask {
    var jobs: [(job: PendingJob, place: LedgerPlace)] = []

    /// - Returns: how many jobs it forgot.
    mutating func forget(topic: Topic, partition: Int32) -> Int {
        let count = jobs.count
        jobs.removeAll {
            $0.job.position.topic == topic && $0.job.position.partition == partition
        }
        return count - jobs.count
    }
}
