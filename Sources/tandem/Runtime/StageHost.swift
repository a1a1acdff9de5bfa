import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Pipeline
import Stages
import Synchronization
import Terminal

/// What a stage's thread says of itself, written once per turn.
struct StageReport: Sendable {
    var stage: StageName
    var counters = StageCounters()
    var held = 0
    /// Entries of the stage's own state.
    var remembered = 0
    var unacknowledged = 0
    var partitions = 0
    /// Turns that moved no message, and all turns.
    var idleTurns = 0
    var turns = 0
    /// CPU time of the stage's own thread, without the Kafka client's threads.
    var cpuSeconds = 0.0
    var failure: String?
    var isFinished = false
}

/// Runs stages in this process, each on its own thread with its own consumer and producer.
final class StageHost: Sendable {
    private let threads: [StageThread]
    private let follower: ControlFollower
    private let reporter: InstanceReporter

    /// - Parameters:
    ///   - instance: a stable name for static membership, or nil.
    ///   - journals: a folder for the crash journals of named instances.
    init(
        _ stages: [StageName], _ configuration: TandemConfiguration, _ address: ClusterAddress,
        follower: ControlFollower, instance: String? = nil, journals: String? = nil
    ) throws {
        self.follower = follower
        let time = SystemTimeSource()
        let start = time.now()
        let reporter = try InstanceReporter(address, instance: instance)
        self.reporter = reporter
        threads = try stages.map { name in
            let isTransactional = configuration.delivery.isTransactional(
                onEmbeddedCluster: address.isEmbedded)
            let stage = try StageFactory.stage(
                name, configuration, start: start, keepsState: isTransactional,
                instance: instance)
            let writesTransactions = isTransactional && Topology.isTransactional(name)
            let transport = try KafkaTransport(
                address, group: address.topicPrefix + name.rawValue,
                instance: instance.map { "\($0)-\(name.rawValue)" },
                transactionalID: writesTransactions
                    ? Self.transactionalID(name, address, instance) : nil,
                batchMaximum: configuration.pipeline.batchMaximumMessages,
                log: ClusterSession.log)
            let limits = StageFactory.limits(configuration)
            let journal = try Self.journal(name, address, instance, journals)
            let loop: any StageRunner =
                writesTransactions
                ? TransactionalLoop(
                    stage: stage, transport: transport, time: time, limits: limits,
                    journal: journal)
                : StageLoop(
                    stage: stage, transport: transport, time: time, limits: limits,
                    journal: journal)
            let presence = try InstanceProfile(of: name, configuration).map {
                StagePresence($0, reporter)
            }
            return StageThread(name, loop, follower, presence)
        }
    }

    /// One file for each stage of a named instance: another process of that name comes after this one.
    private static func journal(
        _ name: StageName, _ address: ClusterAddress, _ instance: String?, _ folder: String?
    ) throws -> FileJournal? {
        guard let instance, let folder else { return nil }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("cannot make the journals' folder '\(folder)': \(error)")
        }
        let file = "\(address.topicPrefix)\(name.rawValue)-\(instance).journal"
        return try FileJournal(path: "\(folder)/\(file)")
    }

    /// Stable for an instance with a name, so that after a crash it takes its own open transaction
    /// over at once; else one of a kind, and an open transaction ends with its timeout.
    private static func transactionalID(
        _ name: StageName, _ address: ClusterAddress, _ instance: String?
    ) -> String {
        let own = instance ?? "unnamed-\(UUID().uuidString.lowercased())"
        return "\(address.topicPrefix)\(name.rawValue)-\(own)"
    }

    func start() {
        reporter.start()
        for thread in threads { thread.start() }
    }

    /// Asks every stage to drain and waits for all.
    func stop() {
        for thread in threads { thread.requestStop() }
        for thread in threads { thread.join() }
        reporter.stop()
    }

    var reports: [StageReport] { threads.map(\.report) }

    /// What the fallback stage knows of latencies, at most a quarter of a second old; nil when it is
    /// not among the stages.
    var scoreTimes: ScoreTimes? { threads.lazy.compactMap(\.scoreTimes).first }

    /// Why a stage, or what it follows, has ended by itself.
    var failure: String? { reports.lazy.compactMap(\.failure).first ?? follower.failure }

    /// Whether every stage has partitions to work on.
    var isAssigned: Bool { reports.allSatisfy { $0.partitions > 0 } }

    /// Twenty times what a first join takes on the embedded cluster.
    private static let assignmentSeconds = 60.0

    /// Waits until every stage has partitions, or the user stops the command.
    func waitUntilAssigned() throws {
        let begin = Date()
        while !isAssigned {
            if let failure { throw CommandFailure(failure) }
            if StopSignal.shared.wait(seconds: 0.02) { return }
            guard Date().timeIntervalSince(begin) < Self.assignmentSeconds else {
                throw CommandFailure(
                    "the stages got no partitions within \(Int(Self.assignmentSeconds)) s; see "
                        + "'tandem doctor'")
            }
        }
    }
}

/// One stage's thread.
final class StageThread: @unchecked Sendable {
    // The loop is used by the thread alone once it has started.
    private let loop: any StageRunner
    private let follower: ControlFollower
    private let name: StageName
    private let presence: StagePresence?
    private let stopping = StopFlag()
    private let finished = DispatchSemaphore(value: 0)
    private let shared: Mutex<StageReport>
    private let sharedTimes: Mutex<ScoreTimes?>
    private let time = SystemTimeSource()
    // Used by the thread alone.
    private var announced: Int64?
    private var timesShared = Timestamp(milliseconds: 0)
    private var restored: (since: Timestamp, progress: RestoreProgress)?
    private var restoreShown = Timestamp(milliseconds: 0)

    init(
        _ name: StageName, _ loop: any StageRunner, _ follower: ControlFollower,
        _ presence: StagePresence?
    ) {
        self.presence = presence
        self.name = name
        self.loop = loop
        self.follower = follower
        shared = Mutex(StageReport(stage: name))
        sharedTimes = Mutex((loop.stage as? Fallback)?.times)
    }

    var report: StageReport { shared.withLock { $0 } }
    var scoreTimes: ScoreTimes? { sharedTimes.withLock { $0 } }

    func start() {
        let thread = Thread { [self] in
            do {
                try run()
            } catch {
                shared.withLock { $0.failure = "\(name.rawValue): \(error)" }
            }
            presence?.withdraw()
            shared.withLock { $0.isFinished = true }
            finished.signal()
        }
        thread.name = name.rawValue
        thread.stackSize = 1 << 20
        thread.start()
    }

    func requestStop() {
        stopping.raise()
        follower.wake()
    }

    func join() { finished.wait() }

    private func run() throws {
        // Nothing can be checked or scored without a model: the group is joined once there is one.
        let isReady = follower.waitForModel { [stopping] in stopping.isRaised }
        guard isReady else { return }
        try joinGroup()
        while !stopping.isRaised {
            do {
                let work = try loop.runOnce(control: announcedSnapshot())
                publish(work)
                tellOfRestoring()
            } catch {
                guard error.kind == .retriable else { throw error }
                Console.note("\(name.rawValue): \(error); trying again")
            }
        }
        try loop.stop()
        publish(0)
        publishTimes(every: .zero)
    }

    /// The settings for the next turn, told to whoever waits for them: no turn before it is under
    /// way any more, and each one from here on has them.
    private func announcedSnapshot() -> ControlSnapshot {
        let control = follower.snapshot
        if control.controlVersion != announced {
            announced = control.controlVersion
            presence?.announce(control, since: time.now())
        }
        return control
    }

    /// Joins the group; a cluster that cannot be had yet is asked again.
    private func joinGroup() throws {
        while !stopping.isRaised {
            do {
                return try loop.start()
            } catch {
                guard error.kind == .retriable else { throw error }
                Console.note("\(name.rawValue): \(error); trying again")
            }
        }
    }

    /// Says how far reading the state back is: once a second, and when it is done.
    private func tellOfRestoring() {
        guard let progress = loop.restoring else {
            guard let (begin, last) = restored else { return }
            restored = nil
            let seconds = (time.now() - begin).inSeconds
            guard last.total > 0 else { return }
            Console.note(
                "\(name.rawValue): restored \(Format.count(Int(last.total))) entries in "
                    + Format.duration(milliseconds: seconds * 1e3))
            return
        }
        let now = time.now()
        restored = (restored?.since ?? now, progress)
        guard now - restoreShown >= .seconds(1 as Int64), progress.total > 0 else { return }
        restoreShown = now
        Console.note(
            "\(name.rawValue): restoring, \(Format.count(Int(progress.restored))) of "
                + "\(Format.count(Int(progress.total))) entries")
    }

    private func publish(_ work: Int) {
        let cpu = Self.threadSeconds()
        shared.withLock { report in
            report.counters = loop.stage.counters
            report.held = loop.stage.heldCount
            report.remembered = loop.stage.rememberedCount
            report.unacknowledged = loop.unacknowledged
            report.partitions = loop.assignedPartitions
            report.turns += 1
            if work == 0 { report.idleTurns += 1 }
            report.cpuSeconds = cpu
        }
        if name == .fallback { publishTimes(every: .milliseconds(250)) }
    }

    /// Not with every turn: each copy that is kept costs the stage another one.
    private func publishTimes(every interval: TimeSpan) {
        let now = time.now()
        guard now - timesShared >= interval, let fallback = loop.stage as? Fallback else { return }
        timesShared = now
        sharedTimes.withLock { $0 = fallback.times }
    }

    private static func threadSeconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// A flag that one thread raises and others look at.
final class StopFlag: Sendable {
    private let flag = Atomic(false)
    var isRaised: Bool { flag.load(ordering: .acquiring) }
    func raise() { flag.store(true, ordering: .releasing) }
}
