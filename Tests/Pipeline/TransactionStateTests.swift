import Pipeline
import Testing

@Suite("The transaction state")
struct TransactionStateTests {
    typealias Phase = TransactionState.Phase
    typealias Outcome = TransactionState.Outcome
    typealias Action = TransactionState.Action

    /// Every pair of phase and outcome: the next phase and what is to be done.
    static let table: [(Phase, Outcome, Phase, Action)] = [
        (.uninitialized, .done, .ready, .proceed),
        (.uninitialized, .retriable, .uninitialized, .retry),
        (.uninitialized, .abortable, .uninitialized, .retry),
        (.uninitialized, .fatal, .fenced, .end),
        (.ready, .done, .open, .proceed),
        (.ready, .retriable, .ready, .retry),
        (.ready, .abortable, .aborting, .abort),
        (.ready, .fatal, .fenced, .end),
        (.open, .done, .open, .proceed),
        (.open, .retriable, .open, .retry),
        (.open, .abortable, .aborting, .abort),
        (.open, .fatal, .fenced, .end),
        (.committing, .done, .ready, .proceed),
        (.committing, .retriable, .committing, .retry),
        (.committing, .abortable, .aborting, .abort),
        (.committing, .fatal, .fenced, .end),
        (.aborting, .done, .ready, .rewind),
        (.aborting, .retriable, .aborting, .retry),
        (.aborting, .abortable, .aborting, .retry),
        (.aborting, .fatal, .fenced, .end),
        (.fenced, .done, .fenced, .end),
        (.fenced, .retriable, .fenced, .end),
        (.fenced, .abortable, .fenced, .end),
        (.fenced, .fatal, .fenced, .end),
    ]

    /// A state in a phase, reached by legal calls.
    private func state(in phase: Phase) -> TransactionState {
        var state = TransactionState()
        let path: [Outcome]
        switch phase {
        case .uninitialized: path = []
        case .ready: path = [.done]
        case .open, .committing: path = [.done, .done]
        case .aborting: path = [.done, .done, .abortable]
        case .fenced: path = [.fatal]
        }
        for outcome in path { _ = state.concluded(outcome) }
        if phase == .committing { _ = state.requestCommit() }
        return state
    }

    @Test("goes from each phase by each outcome where the table says")
    func transitions() {
        for phase in Phase.allCases {
            for outcome in Outcome.allCases {
                let rows = Self.table.filter { $0.0 == phase && $0.1 == outcome }
                #expect(rows.count == 1, "\(phase) \(outcome)")
                var state = state(in: phase)
                #expect(state.phase == phase)
                let action = state.concluded(outcome)
                #expect(state.phase == rows[0].2 && action == rows[0].3, "\(phase) \(outcome)")
            }
        }
    }

    @Test("commits only what is open, and asks twice without harm")
    func commitRequests() {
        for phase in Phase.allCases {
            var state = state(in: phase)
            let isTaken = state.requestCommit()
            #expect(isTaken == (phase == .open || phase == .committing), "\(phase)")
            #expect(state.phase == (phase == .open ? .committing : phase))
        }
    }

    @Test("is to be aborted only where something is open")
    func abortRequests() {
        for phase in Phase.allCases {
            var state = state(in: phase)
            state.requireAbort()
            let wanted = phase == .open || phase == .committing ? .aborting : phase
            #expect(state.phase == wanted, "\(phase)")
        }
    }
}
