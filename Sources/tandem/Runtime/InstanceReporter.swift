import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages
import Synchronization

/// Writes to `instances` what this process's stages have in force: at once when that changes, and
/// every `InstanceTable.heartbeat`, on a thread of its own.
///
/// Beside the stages' own producers on purpose: what a stage writes waits for its transaction, and
/// an operator who pulls the kill switch does not.
final class InstanceReporter: Sendable {
    private struct State {
        /// What the stages said last.
        var messages: [StageName: InstanceMessage] = [:]
        /// Those of which something is not written yet.
        var news: Set<StageName> = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let changed = NSCondition()
    private let finished = DispatchSemaphore(value: 0)
    private let started = StopFlag()
    private let address: ClusterAddress
    private let instance: String
    private let time = SystemTimeSource()

    /// - Parameter instance: the process's configured name; nil for one made of host and process.
    init(_ address: ClusterAddress, instance: String?) throws {
        self.address = address
        let process = ProcessInfo.processInfo
        self.instance = instance ?? "\(process.hostName)-\(process.processIdentifier)"
    }

    func announce(_ message: InstanceMessage) {
        change { state in
            state.messages[message.stage] = message
            state.messages[message.stage]?.instance = instance
            state.news.insert(message.stage)
        }
    }

    func withdraw(_ stage: StageName) {
        change { state in
            guard state.messages.removeValue(forKey: stage) != nil else { return }
            state.news.insert(stage)
        }
    }

    private func change(_ body: (inout State) -> Void) {
        changed.lock()
        state.withLock { body(&$0) }
        changed.broadcast()
        changed.unlock()
    }

    func start() {
        started.raise()
        let thread = Thread { [self] in
            run()
            finished.signal()
        }
        thread.name = "instances"
        thread.start()
    }

    /// Takes this process's entries away and ends.
    func stop() {
        guard started.isRaised else { return }
        change { state in
            state.news.formUnion(state.messages.keys)
            state.messages.removeAll()
            state.isStopping = true
        }
        finished.wait()
    }

    private func run() {
        var writer: KafkaWriter?
        var isTroubled = false
        var nextHeartbeat = time.now()
        while true {
            let (batch, isLast) = next(&nextHeartbeat)
            do {
                let current = try writer ?? makeWriter()
                writer = current
                try send(batch, with: current)
                if isLast { try current.flush(timeout: Self.lastWordMilliseconds) }
                isTroubled = false
            } catch {
                // Whoever waits sees this instance as silent: the next heartbeat says all of it.
                if !isTroubled { Console.note("instances: \(error); trying again") }
                isTroubled = true
                writer = nil
            }
            if isLast { return }
        }
    }

    /// Waits for news or the next heartbeat.
    ///
    /// - Returns: what is to be written, nil for a stage that has ended; and whether that is all.
    private func next(_ heartbeat: inout Timestamp) -> ([(String, InstanceMessage?)], Bool) {
        changed.lock()
        defer { changed.unlock() }
        while state.withLock({ $0.news.isEmpty && !$0.isStopping }) {
            let left = (heartbeat - time.now()).inSeconds
            guard left > 0 else { break }
            _ = changed.wait(until: Date(timeIntervalSinceNow: left))
        }
        let now = time.now()
        let isDue = now >= heartbeat
        if isDue { heartbeat = now + InstanceTable.heartbeat }
        return state.withLock { state in
            var due = isDue ? Set(state.messages.keys) : []
            due.formUnion(state.news)
            state.news.removeAll()
            let messages = due.sorted { $0.rawValue < $1.rawValue }.map { stage in
                var message = state.messages[stage]
                message?.at = now
                return (Self.key(stage, instance), message)
            }
            return (messages, state.isStopping)
        }
    }

    private static func key(_ stage: StageName, _ instance: String) -> String {
        var message = InstanceMessage()
        message.stage = stage
        message.instance = instance
        return message.key
    }

    private func makeWriter() throws -> KafkaWriter {
        try KafkaWriter(address, clientID: "tandem-instance", log: ClusterSession.log)
    }

    private func send(_ messages: [(String, InstanceMessage?)], with writer: KafkaWriter) throws {
        var batch = OutboundBatch()
        for (key, message) in messages {
            if let message {
                batch.emit(to: .instances, textKey: key, message)
            } else {
                let name = OwnedBytes(key)
                withExtendedLifetime(name) {
                    batch.emit(
                        to: .instances, key: name.slice, value: nil, headers: [], timestamp: nil)
                }
            }
        }
        try writer.send(batch)
        try writer.serve()
    }

    /// A cluster that is gone must not hold up the end of the process.
    private static let lastWordMilliseconds = 2_000
}
