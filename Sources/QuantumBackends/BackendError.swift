public import Determinism

/// What went wrong with a job, in classes that every backend maps its own errors to.
public struct BackendError: Error, Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
        /// The job can never run: wrong shapes, too many shots, not finite, unknown executable.
        case invalidJob
        /// The device's queue is full; the same job may be accepted later.
        case queueFull
        /// Too many submissions; the same job may be accepted after `retryAfter`.
        case throttled
        /// The device accepts nothing now.
        case unavailable
        /// The device accepted the job and lost it, or could not finish it.
        case failed
        /// Stopped where it would have cost more than its limit, and billed up to there.
        case limited
        /// Cancelled by its submitter, or by the device's operator.
        case cancelled
        /// The job waited in the queue longer than the device allows.
        case timeout
        /// The result arrived damaged.
        case garbled
    }

    public let kind: Kind
    /// One line: what, the value, what is allowed.
    public let detail: String
    /// How long to wait before the next attempt, where the device says so.
    public let retryAfter: TimeSpan?

    public init(_ kind: Kind, _ detail: String, retryAfter: TimeSpan? = nil) {
        self.kind = kind
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// Whether the same job may succeed when submitted again.
    public var isTransient: Bool {
        switch kind {
        case .queueFull, .throttled, .unavailable, .failed, .timeout, .garbled: true
        case .invalidJob, .limited, .cancelled: false
        }
    }

    /// Whether the device only asks for patience: the job was not accepted, and nothing is wrong
    /// with either.
    public var isBackpressure: Bool { kind == .queueFull || kind == .throttled }
}

extension BackendError: CustomStringConvertible {
    public var description: String { "\(kind.rawValue): \(detail)" }
}
