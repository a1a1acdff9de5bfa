import Contracts
import Determinism
import Foundation
import KafkaTransport
import Stages
import Synchronization

/// Publishes records (and their labels) on a thread of its own, within a window and at a rate.
final class DemoPublisher: @unchecked Sendable {
    struct Plan: Sendable {
        var records: Int
        /// Records a second; nil for as many as the window lets through.
        var rate: Double?
        var prefix: String
        var publishesLabels: Bool
        /// Records on their way at once: keeps every partition of the embedded cluster within what
        /// it keeps.
        var window: Int
        /// One record in so many lacks features; nil for none.
        var invalidEvery: Int?
    }

    private let plan: Plan
    private let writer: KafkaWriter
    private let templates: RecordTemplates
    private let progress: @Sendable () -> Int
    private let stopping = StopFlag()
    private let finished = DispatchSemaphore(value: 0)
    private let moved = DispatchSemaphore(value: 0)
    private let counters = Mutex((published: 0, failure: String?.none, isFinished: false))

    /// - Parameter progress: records that have left the pipeline, on the slower of its two paths.
    init(
        _ plan: Plan, templates: RecordTemplates, address: ClusterAddress,
        progress: @escaping @Sendable () -> Int
    ) throws {
        self.plan = plan
        self.templates = templates
        self.progress = progress
        writer = try KafkaWriter(address, clientID: "tandem-demo", log: ClusterSession.log)
        writer.warmUp()
    }

    var published: Int { counters.withLock { $0.published } }
    var failure: String? { counters.withLock { $0.failure } }
    var isFinished: Bool { counters.withLock { $0.isFinished } }

    func start() {
        let thread = Thread { [self] in
            do {
                try run()
                try writer.flush(timeout: 30_000)
            } catch {
                counters.withLock { $0.failure = "publishing: \(error)" }
            }
            counters.withLock { $0.isFinished = true }
            finished.signal()
        }
        thread.name = "publisher"
        thread.start()
    }

    /// Ends publishing and waits for it; may be called again.
    func stop() {
        stopping.raise()
        finished.wait()
        finished.signal()
    }

    /// Tells the publisher that records have left the pipeline.
    func wake() { moved.signal() }

    private func run() throws {
        var batch = OutboundBatch()
        let begin = Date()
        var next = 0
        while next < plan.records, !stopping.isRaised, !StopSignal.shared.isRequested {
            let room = min(allowance(next, since: begin), plan.records - next, 500)
            guard room > 0 else {
                try writer.serve()
                // The collector signals progress; the time-out paces a set rate.
                _ = moved.wait(timeout: .now() + 0.002)
                continue
            }
            batch.removeAll()
            for sequence in next..<next + room { append(sequence, to: &batch) }
            try writer.send(batch)
            try writer.serve()
            next += room
            counters.withLock { $0.published = next }
        }
    }

    private func allowance(_ next: Int, since begin: Date) -> Int {
        let window = plan.window - (next - progress())
        guard let rate = plan.rate else { return window }
        let due = Int(Date().timeIntervalSince(begin) * rate) + 1
        return min(window, due - next)
    }

    private func append(_ sequence: Int, to batch: inout OutboundBatch) {
        let id = OwnedBytes("\(plan.prefix)\(sequence)")
        let row = sequence % templates.tails.count
        withExtendedLifetime(id) {
            if let every = plan.invalidEvery, sequence % every == every - 1 {
                batch.emit(to: .records, key: id.slice) { out in
                    out.append("{\"id\":")
                    out.appendQuoted(id.slice)
                    out.append(",\"features\":[1,2]}")
                }
                return
            }
            templates.append(
                row, id: id.slice, withLabel: plan.publishesLabels, to: &batch)
        }
    }
}
