import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import Gateway
import Models
import Observability
import Stages
import Statistics
import Synchronization

/// `--http-port`, shared by the verbs that run stages.
struct HTTPOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve health, metrics and the dashboard; 0 for a free port.", valueName: "port"))
    var httpPort: Int?

    func validate() throws {
        if let httpPort, !(0...65_535).contains(httpPort) {
            throw ValidationError("--http-port is \(httpPort); it must be 0 to 65535")
        }
    }

    /// As settings of the configuration.
    var overrides: [String] { httpPort.map { ["http.port=\($0)"] } ?? [] }
}

/// The HTTP server beside the stages' threads.
///
/// It lives on Swift's cooperative threads and reads what the stages published: it never waits for
/// a stage, nor a stage for it. It is started before the stages, so that a port in use ends the
/// command before anything runs, and told about them once they exist.
final class HTTPServer: Sendable {
    private let facts: Facts
    private let state = Mutex(State())
    private let listening = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    private struct State {
        var port: Int?
        var failure: GatewayError?
        var task: Task<Void, Never>?
    }

    /// Listens as `http.port` and `http.host` say; nil when no port is configured.
    ///
    /// - Throws: when the port cannot be had.
    static func start(_ configuration: TandemConfiguration) throws -> HTTPServer? {
        guard let port = configuration.http.port else { return nil }
        return try HTTPServer(configuration, port: port)
    }

    private init(_ configuration: TandemConfiguration, port: Int) throws {
        let facts = Facts(mode: configuration.mode)
        self.facts = facts
        let host = configuration.http.host
        do throws(GatewayError) {
            try serve(GatewayServer(host: host, port: port) { facts.snapshot })
        } catch {
            throw CommandFailure(error.description)
        }
        let bound = state.withLock { $0.port ?? port }
        Console.note("dashboard on \(Self.url(host: host, port: bound))")
    }

    /// Starts the server and waits until it listens or fails.
    private func serve(_ server: GatewayServer) throws(GatewayError) {
        let task = Task.detached { [self] in
            do throws(GatewayError) {
                try await server.run { [self] port in
                    state.withLock { $0.port = port }
                    listening.signal()
                }
            } catch {
                failed(error)
            }
            finished.signal()
        }
        state.withLock { $0.task = task }
        listening.wait()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func failed(_ error: GatewayError) {
        let wasListening = state.withLock { state in
            state.failure = error
            return state.port != nil
        }
        if wasListening {
            Console.note("\(error); the stages go on without it")
        } else {
            listening.signal()
        }
    }

    /// Shows these stages and this control plane from now on.
    func attach(_ host: StageHost, _ follower: ControlFollower) {
        facts.sources.withLock { sources in
            sources.reports = { host.reports }
            sources.control = { follower.snapshot }
            sources.times = { host.scoreTimes }
        }
    }

    /// Closes the port, ends open connections and lets go of stages and control plane.
    func stop() {
        state.withLock { $0.task }?.cancel()
        finished.wait()
        facts.sources.withLock { $0 = Facts.Sources() }
    }

    private static func url(host: String, port: Int) -> String {
        let shown = ["0.0.0.0", "::", ""].contains(host) ? "localhost" : host
        return "http://\(shown.contains(":") ? "[\(shown)]" : shown):\(port)/"
    }
}

/// Gathers a snapshot when one is asked for.
private final class Facts: Sendable {
    struct Sources {
        var reports: @Sendable () -> [StageReport] = { [] }
        var control: @Sendable () -> ControlSnapshot = { ControlSnapshot() }
        var times: @Sendable () -> ScoreTimes? = { nil }
    }

    let sources = Mutex(Sources())
    private let mode: Mode
    private let time = SystemTimeSource()
    private let start = ContinuousClock.now

    init(mode: Mode) { self.mode = mode }

    var snapshot: PipelineSnapshot {
        let sources = sources.withLock { $0 }
        let control = sources.control()
        var snapshot = PipelineSnapshot(mode: control.mode ?? mode)
        let uptime = start.duration(to: .now).components
        snapshot.uptimeSeconds = Double(uptime.seconds) + Double(uptime.attoseconds) / 1e18
        snapshot.killSwitch = control.killSwitch
        snapshot.model = control.model.map { ModelIdentity($0.bundle) }
        snapshot.stages = sources.reports().map(StageSnapshot.init)
        let now = time.now()
        snapshot.devices = control.deviceStatuses.map { DeviceSnapshot($0, now: now) }
        if let times = sources.times() {
            snapshot.latencies = ScoreSource.allCases.compactMap { LatencySnapshot($0, times[$0]) }
            snapshot.deadlineMisses = times.misses
        }
        snapshot.process = ProcessUse(
            cpuSeconds: ResourceUse.processSeconds,
            residentBytes: ResourceUse.residentMB.map { ($0 * 1e6).rounded() })
        return snapshot
    }
}

extension ModelIdentity {
    fileprivate init(_ bundle: ModelBundle) {
        self.init(
            name: bundle.name, version: bundle.version,
            circuit: bundle.circuit.identity,
            qubits: bundle.circuit.qubits)
    }
}

extension StageSnapshot {
    fileprivate init(_ report: StageReport) {
        self.init(stage: report.stage)
        received = report.counters.received
        emitted = report.counters.emitted
        rejected = report.counters.rejected
        ignored = report.counters.ignored
        held = report.held
        remembered = report.remembered
        unacknowledged = report.unacknowledged
        partitions = report.partitions
        cpuSeconds = report.cpuSeconds
        reasons = Dictionary(
            uniqueKeysWithValues: zip(ReasonCode.allCases, report.counters.reasons))
        failure = report.failure
        isFinished = report.isFinished
    }
}

extension DeviceSnapshot {
    fileprivate init(_ status: QPUStatusMessage, now: Timestamp) {
        self.init(device: status.device)
        state = status.state
        queueDepth = status.queueDepth
        waitSeconds = status.waitMilliseconds / 1e3
        serviceSeconds = status.serviceTimeMilliseconds / 1e3
        calibration = status.calibration
        submitted = status.submitted
        completed = status.completed
        failed = status.failed
        cacheHits = status.cacheHits
        cacheMisses = status.cacheMisses
        // Clocks of two machines differ: a heartbeat is never younger than now.
        ageSeconds = max(0, (now - status.at).inSeconds)
    }
}

extension LatencySnapshot {
    /// Nil for a source without scores.
    fileprivate init?(_ source: ScoreSource, _ sketch: QuantileSketch) {
        guard let mean = sketch.mean, let p50 = sketch.p50, let p95 = sketch.p95,
            let p99 = sketch.p99, let maximum = sketch.maximum
        else { return nil }
        self.init(source: source)
        count = sketch.count
        sum = mean * Double(sketch.count) / 1e6
        self.p50 = Double(p50) / 1e6
        self.p95 = Double(p95) / 1e6
        self.p99 = Double(p99) / 1e6
        self.maximum = Double(maximum) / 1e6
    }
}
