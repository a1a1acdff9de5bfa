import Contracts
import Foundation
import KafkaTransport
import Stages
import Synchronization

/// Follows the control-plane topics on a thread of its own and hands out snapshots.
///
/// A snapshot is a value behind a mutex: stages read it once per batch, the follower writes it when
/// something changed. Losing the cluster keeps the last one in force.
final class ControlFollower: Sendable {
    private let current = Mutex(ControlSnapshot())
    private let trouble = Mutex(String?.none)
    private let stopping = StopFlag()
    private let changed = NSCondition()
    private let finished = DispatchSemaphore(value: 0)
    private let isCaughtUp = StopFlag()
    private let caughtUp = DispatchSemaphore(value: 0)

    /// Why following has ended by itself; stages must not run on with a control plane that nobody
    /// reads.
    var failure: String? { trouble.withLock { $0 } }

    var snapshot: ControlSnapshot { current.withLock { $0 } }

    /// What operators and trainers have said. The other topics follow it as they go: heartbeats never
    /// end, and a lease may stand behind the open transaction of an instance that was killed.
    private static let settings: [Topic] = [.control, .models]

    /// Starts following; `waitUntilCaughtUp` tells when every setting that was there has been read.
    init(_ address: ClusterAddress, modelName: String, log: @escaping KafkaLog) throws {
        let reader = try KafkaReader(
            address, topics: [.control, .models, .qpuStatus, .evidence, .leases],
            from: .beginning,
            clientID: "tandem-control", log: log)
        let box = ReaderBox(reader)
        let thread = Thread { [self] in
            follow(box.reader, ControlState(modelName: modelName))
            finished.signal()
        }
        thread.name = "control"
        thread.start()
    }

    private func follow(_ reader: KafkaReader, _ initial: ControlState) {
        var state = initial
        var batch = InboundBatch()
        var announced = false
        while !stopping.isRaised {
            batch.removeAll()
            do {
                try reader.poll(into: &batch, timeout: 50)
            } catch {
                trouble.withLock { $0 = "control plane: \(error)" }
                wake()
                break
            }
            if !batch.isEmpty {
                state.apply(batch)
                for refusal in state.takeRefused() {
                    Console.note("control plane: message ignored: \(refusal)")
                }
                let snapshot = state.snapshot
                current.withLock { $0 = snapshot }
                wake()
            }
            if !announced, reader.isCaughtUp(on: Self.settings) {
                announced = true
                isCaughtUp.raise()
                caughtUp.signal()
                wake()
            }
        }
    }

    /// - Returns: false when the topics' ends were not reached within `seconds`.
    func waitUntilCaughtUp(seconds: Double) -> Bool {
        isCaughtUp.isRaised || caughtUp.wait(timeout: .now() + seconds) == .success
    }

    /// Makes everyone who waits look again.
    func wake() {
        changed.lock()
        changed.broadcast()
        changed.unlock()
    }

    /// Waits for a model, and until every setting that was there has been read: no stage begins
    /// under one that an operator has replaced.
    ///
    /// - Returns: false when `giveUp` said so first; it is asked again after each `wake`.
    func waitForModel(unless giveUp: () -> Bool) -> Bool {
        changed.lock()
        defer { changed.unlock() }
        while snapshot.model == nil || !isCaughtUp.isRaised {
            if giveUp() || failure != nil { return false }
            changed.wait()
        }
        return true
    }

    func stop() {
        stopping.raise()
        finished.wait()
    }
}

/// Hands a reader over to the one thread that uses it from then on.
private struct ReaderBox: @unchecked Sendable {
    let reader: KafkaReader
    init(_ reader: KafkaReader) { self.reader = reader }
}
