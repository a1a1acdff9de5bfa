internal import Contracts
internal import Determinism
internal import Policies

/// What admission has set aside for calls under way, and what it has heard for its budgets.
struct AdmissionBudgets {
    /// By record: not settled or released yet.
    private var held: [RecordKey: Held] = [:]
    /// Closed at nothing lately, newest last: an instance that lost its partition may release a call,
    /// or answer it for nothing, that its successor buys all the same. That bill counts.
    private var closed: [RecordKey: Held] = [:]
    private var closedOrder: [RecordKey] = []
    private var leasesSeen = 0
    private var controlSeen = 0
    private var evidence: ModelEvidence?
    private let configured: [BudgetLimits]

    private struct Held {
        var reservation: BudgetReservation
        var state: AdmissionStateMessage.Reservation
    }

    /// Calls whose bill never came hold memory, not money beyond their window: the oldest day goes.
    private static let maximumHeld = 1_000_000

    /// Far more than two instances have under way at once while one takes over from the other.
    private static let maximumClosed = 65_536

    init(_ book: BudgetBook?) { configured = book?.limits ?? [] }

    var isEmpty: Bool { configured.isEmpty }
    var heldCount: Int { held.count }

    /// Brings the book to a batch's beginning: what others and operators said, evidence, time.
    mutating func follow(_ context: StageContext, _ book: inout BudgetBook?) {
        guard book != nil else { return }
        let control = context.control
        if control.leaseCount != leasesSeen {
            leasesSeen = control.leaseCount
            for (_, message) in control.leases.sorted(by: { $0.key < $1.key }) {
                book?.follow(message)
            }
        }
        if control.limitsVersion != controlSeen {
            controlSeen = control.limitsVersion
            // Names and windows are the configured ones, and the control topic bounds caps: nothing
            // of it can be refused.
            try? book?.adopt(limits(control))
        }
        if let evidence = control.evidence, evidence != self.evidence {
            self.evidence = evidence
            book?.observe(evidence.verdict)
        }
        book?.advance(to: context.now)
    }

    /// The configured budgets, with operators' caps.
    private func limits(_ control: ControlSnapshot) -> [BudgetLimits] {
        configured.map { budget in
            guard let cap = control.budgets[budget.name],
                let version = control.budgetVersions[budget.name]
            else { return budget }
            var changed = budget
            changed.cap = Money(roundingUp: cap)
            changed.version = version
            return changed
        }
    }

    /// Keeps what was set aside for a record's call.
    ///
    /// - Returns: what goes with the record to `admission-state`.
    mutating func hold(
        _ reservation: BudgetReservation, _ subject: BudgetSubject, job: UInt64,
        of record: RecordKey
    ) -> AdmissionStateMessage.Reservation {
        let state = AdmissionStateMessage.Reservation(
            job: job, estimate: Int(reservation.estimate.millionths), tenant: subject.tenant,
            model: subject.model, device: subject.device)
        if held.count >= Self.maximumHeld { forgetOldest() }
        held[record] = Held(reservation: reservation, state: state)
        return state
    }

    private mutating func forgetOldest() {
        let newest = held.values.map(\.reservation.at).max() ?? Timestamp(microseconds: 0)
        held = held.filter { newest - $0.value.reservation.at < .seconds(86_400 as Int64) }
        if held.count >= Self.maximumHeld { held.removeAll() }
    }

    /// Settles or releases what was set aside for a job, once.
    ///
    /// - Returns: whether there was something, so that `admission-state` is to be told.
    mutating func close(_ entry: LedgerMessage, _ book: inout BudgetBook?) -> Bool {
        guard entry.state == .settled || entry.state == .released else { return false }
        let record = RecordKey(of: entry.id)
        guard let open = held[record], open.state.job == entry.job else {
            settleLate(entry, of: record, &book)
            return false
        }
        held[record] = nil
        let cost = entry.state == .settled ? Money(roundingUp: entry.cost) : .zero
        book?.settle(open.reservation, actual: cost)
        if cost == .zero { remember(open, of: record) }
        return true
    }

    private mutating func settleLate(
        _ entry: LedgerMessage, of record: RecordKey, _ book: inout BudgetBook?
    ) {
        guard entry.state == .settled, entry.cost > 0, let call = closed[record],
            call.state.job == entry.job
        else { return }
        closed[record] = nil
        let reservation = call.reservation
        book?.settle(
            BudgetReservation(
                partition: reservation.partition, estimate: .zero, at: reservation.at,
                budgets: reservation.budgets), actual: Money(roundingUp: entry.cost))
    }

    private mutating func remember(_ call: Held, of record: RecordKey) {
        if closed.updateValue(call, forKey: record) == nil { closedOrder.append(record) }
        guard closedOrder.count > Self.maximumClosed else { return }
        for old in closedOrder.prefix(Self.maximumClosed / 2) { closed[old] = nil }
        closedOrder.removeFirst(Self.maximumClosed / 2)
    }

    /// Takes back an entry of `admission-state`: the account remembers the sum, this the parts.
    mutating func restore(
        _ kept: AdmissionStateMessage, of record: RecordKey, partition: Int,
        _ book: borrowing BudgetBook
    ) {
        guard let state = kept.reservation else {
            held[record] = nil
            return
        }
        let subject = BudgetSubject(
            tenant: state.tenant, model: state.model, device: state.device)
        let reservation = book.reservation(
            partition: partition, subject, estimate: Money(millionths: Int64(state.estimate)),
            at: kept.at)
        held[record] = Held(reservation: reservation, state: state)
    }

    mutating func reset() {
        held.removeAll()
        closed.removeAll()
        closedOrder.removeAll()
    }
}

extension OutboundBatch {
    /// Writes what changed in the budgets: accounts to their partitions, gifts and asks for all.
    ///
    /// - Returns: messages written.
    mutating func emit(_ entries: [BudgetEntry]) -> Int {
        for entry in entries {
            switch entry {
            case .account(let partition, let message):
                emit(
                    to: .budgets, textKey: message.budget, partition: Int32(partition), message)
            case .lease(let message): emit(to: .leases, textKey: message.key, message)
            }
        }
        return entries.count
    }
}
