/// How finished jobs ended: the latest `BackendLimits.rememberedJobs`, oldest forgotten first.
struct JobHistory {
    private var outcomes: [BackendJobID: BackendError?] = [:]
    private var ring: [BackendJobID] = []
    private var next = 0
    private(set) var completed = 0
    private(set) var failed = 0

    /// A job that was stopped at its spending limit is paid for: it is done, though it failed.
    mutating func record(_ id: BackendJobID, _ error: BackendError?) {
        if error == nil { completed += 1 } else { failed += 1 }
        let error = error?.kind == .limited ? nil : error
        if outcomes[id] != nil {
            // A retry of a failed job: it keeps its place.
        } else if ring.count < BackendLimits.rememberedJobs {
            ring.append(id)
        } else {
            outcomes[ring[next]] = nil
            ring[next] = id
            next = (next + 1) % ring.count
        }
        outcomes.updateValue(error, forKey: id)
    }

    func status(_ id: BackendJobID) -> JobStatus? {
        outcomes[id].map { error in error.map(JobStatus.failed) ?? .done }
    }

    /// Only a job that ended well, or at its limit: a failed one may be submitted again under its id.
    func isSettled(_ id: BackendJobID) -> Bool {
        if case .done = status(id) { return true }
        return false
    }
}
