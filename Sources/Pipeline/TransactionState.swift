/// Where a transactional producer stands, and what follows from the outcome of each call: a value
/// without I/O, so that every pair of phase and outcome is tested.
///
///     uninitialized ── initialize ──▶ ready ── begin ──▶ open ── commit asked ──▶ committing
///                                       ▲                 │                          │    │
///                                       │                 │ abortable                │    │ done
///                                       │                 ▼                abortable │    │
///                                       ├── done ──── aborting ◀───────────────────-─┘    │
///                                       └─────────────────────────────────────────────────┘
///     any ── fatal ──▶ fenced
///
/// Retriable failures change nothing: the call is made again. In `committing` that is essential,
/// since the outcome of the first call is unknown: only the same call again tells it.
public struct TransactionState: Sendable, Equatable {
    public enum Phase: Sendable, Equatable, CaseIterable {
        case uninitialized
        /// No transaction is open.
        case ready
        /// Messages may be sent.
        case open
        /// Positions are to be put in and the transaction to be committed.
        case committing
        /// The transaction is to be aborted.
        case aborting
        /// Another producer owns the transactional id, or the client is beyond repair.
        case fenced
    }

    /// How a call ended: done, or a failure's class.
    public enum Outcome: Sendable, Equatable, CaseIterable {
        case done, retriable, abortable, fatal

        public init(_ kind: TransportFailure.Kind) {
            switch kind {
            case .retriable: self = .retriable
            case .abortable: self = .abortable
            case .fatal: self = .fatal
            }
        }
    }

    /// What the owner has to do next.
    public enum Action: Sendable, Equatable {
        /// Go on.
        case proceed
        /// Make the same call again, in the next turn.
        case retry
        /// Abort the transaction.
        case abort
        /// The transaction is gone: forget its effects and take the positions anew.
        case rewind
        /// Give up: only a new instance can go on.
        case end
    }

    public private(set) var phase = Phase.uninitialized

    public init() {}

    /// The call that belongs to the phase has ended: `initialize`, `begin`, `send` while open,
    /// `sendOffsets` and `commit` while committing (`done` means both), `abort`.
    public mutating func concluded(_ outcome: Outcome) -> Action {
        switch (phase, outcome) {
        case (.fenced, _), (_, .fatal):
            phase = .fenced
            return .end
        case (.uninitialized, .done), (.committing, .done):
            phase = .ready
            return .proceed
        case (.ready, .done):
            phase = .open
            return .proceed
        case (.open, .done): return .proceed
        case (.aborting, .done):
            phase = .ready
            return .rewind
        case (.uninitialized, .abortable), (.uninitialized, .retriable), (_, .retriable),
            (.aborting, .abortable):
            return .retry
        case (.ready, .abortable), (.open, .abortable), (.committing, .abortable):
            phase = .aborting
            return .abort
        }
    }

    /// Asks for the open transaction to be committed; false when none is open.
    public mutating func requestCommit() -> Bool {
        guard phase == .open else { return phase == .committing }
        phase = .committing
        return true
    }

    /// The open transaction must not be committed: its partitions are lost.
    public mutating func requireAbort() {
        if phase == .open || phase == .committing { phase = .aborting }
    }
}
