/// What went wrong with a job, in classes that every backend maps its own errors to.
public struct BackendError: Error, Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
        /// The job can never run: wrong shapes, too many shots, not finite, unknown executable.
        case invalidJob
        /// The device's queue is full; the same job may be accepted later.
        case queueFull
        /// The device accepts nothing now.
        case unavailable
        /// The device accepted the job and lost it, or could not finish it.
        case failed
        /// Cancelled by its submitter.
        case cancelled
        /// The job waited in the queue longer than the device allows.
        case timeout
    }

    public let kind: Kind
    /// One line: what, the value, what is allowed.
    public let detail: String

    public init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// Whether the same job may succeed when submitted again.
    public var isTransient: Bool {
        switch kind {
        case .queueFull, .unavailable, .failed, .timeout: true
        case .invalidJob, .cancelled: false
        }
    }
}

extension BackendError: CustomStringConvertible {
    public var description: String { "\(kind.rawValue): \(detail)" }
}
