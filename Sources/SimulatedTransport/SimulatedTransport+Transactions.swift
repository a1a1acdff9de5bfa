public import Determinism
public import Pipeline

/// A bug planted in a transport, so that a checker can be seen to catch it.
public enum PlantedFault: String, Sendable, CaseIterable {
    /// A transaction whose commit timed out is written once more, as by a client that took the
    /// time-out for a failure.
    case doubleCommit = "double-commit"
    /// Positions are committed at once instead of with the transaction, which is then aborted.
    case lostOffset = "lost-offset"
    /// A verdict that came after the deadline still decides.
    case lateOverride = "late-override"
}

extension SimulatedTransport: TransactionalTransport {
    private static let noIdentity = TransportFailure(.fatal, "no transactional id was given")

    public func initializeTransactions(timeout: TimeSpan) throws(TransportFailure) {
        try step()
        guard let instance else { throw Self.noIdentity }
        guard let epoch = cluster.takeOver("\(group)/\(instance)") else {
            throw TransportFailure(.retriable, "the former owner's transaction is ending")
        }
        producer.identity = ("\(group)/\(instance)", epoch)
    }

    /// A producer whose id another one has taken, or whose transaction timed out, cannot go on.
    func requireOwnership() throws(TransportFailure) {
        guard let identity = producer.identity else { return }
        guard cluster.isCurrent(identity) else {
            throw TransportFailure(.fatal, "\(identity.id) is fenced")
        }
    }

    private func identity() throws(TransportFailure) -> String {
        guard let identity = producer.identity else { throw Self.noIdentity }
        try requireOwnership()
        return identity.id
    }

    public func beginTransaction() throws(TransportFailure) {
        try step()
        _ = try identity()
        isOutcomeUnknown = false
    }

    /// As Kafka checks: the membership and its generation at this moment, and nothing when there is
    /// no position to check it for.
    public func sendOffsets(
        _ commits: [OffsetCommit], timeout: TimeSpan
    ) throws(TransportFailure) {
        try step()
        let id = try identity()
        guard !commits.isEmpty else { return }
        let isMember = membership.isMember(member, generation: generation)
        guard isMember else {
            throw TransportFailure(.abortable, "the group has gone on without this member")
        }
        if let busy = cluster.busyUntil(id) { try wait(until: busy, for: "the last transaction") }
        guard let identity = producer.identity,
            let transaction = cluster.transaction(of: identity)
        else { throw TransportFailure(.fatal, "\(id) is fenced") }
        if isPlanted(.lostOffset) {
            _ = membership.commit(commits, by: member, generation: generation)
            throw TransportFailure(.abortable, "planted")
        }
        let fresh = transaction.note(commits, of: group)
        membership.hold(fresh)
    }

    /// Decides the transaction once everything sent is in the log; its effects come to be seen with
    /// the markers.
    public func commitTransaction(timeout: TimeSpan) throws(TransportFailure) {
        try step()
        if isOutcomeUnknown, let producer = producer.identity,
            cluster.lastIsCommitted(producer.id) == true
        {
            isOutcomeUnknown = false
            return
        }
        let id = try identity()
        guard awaitAnswers(until: mayWait ? now + timeout : now) else {
            throw TransportFailure(.retriable, "\(producer.pending) messages are not acknowledged")
        }
        if producer.isRefused { throw TransportFailure(.abortable, "a batch was refused") }
        if faults.strikes(faults.commitTimeout, .commitTimeout, member, calls, at: now) {
            cluster.count(.timeout)
            isOutcomeUnknown = true
            if faults.draw(.commitHappens, member, calls) < 0.5 {
                cluster.endTransaction(of: id, isCommitted: true)
            }
            if mayWait { cluster.time.advance(by: .milliseconds(1)) }
            throw TransportFailure(.retriable, "the commit timed out")
        }
        if isPlanted(.doubleCommit), let open = cluster.openTransaction(of: id) {
            cluster.endTransaction(of: id, isCommitted: true)
            cluster.repeatMessages(of: open)
            return
        }
        cluster.endTransaction(of: id, isCommitted: true)
        isOutcomeUnknown = false
    }

    /// What is on its way is given up; the broker may have taken a part of it, and drops it too.
    public func abortTransaction(timeout: TimeSpan) throws(TransportFailure) {
        try step()
        let id = try identity()
        producer.purge(share: faults.draw(.aborted, member, calls), in: cluster)
        cluster.endTransaction(of: id, isCommitted: false)
        isOutcomeUnknown = false
    }

    public func rewind() throws(TransportFailure) {
        try step()
        try takeAnew()
    }

    /// Waits for an instant where this call may, or has it made again.
    private func wait(until instant: Timestamp, for what: String) throws(TransportFailure) {
        guard now < instant else { return }
        if mayWait {
            cluster.time.advance(to: instant)
            cluster.deliver()
        }
        if now < instant || !mayWait {
            throw TransportFailure(.retriable, "\(what) is ending")
        }
    }

    /// Whether a planted fault shows at this call: at each eighth that it could.
    private func isPlanted(_ fault: PlantedFault) -> Bool {
        guard plant == fault else { return false }
        // Over all lives: with many crashes each of them is short.
        cluster.plantedCalls += 1
        return cluster.plantedCalls.isMultiple(of: 8)
    }
}
