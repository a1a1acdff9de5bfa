/// What a chaos run can do to the pipeline.
public enum ChaosFault: String, Sendable, CaseIterable {
    /// An instance dies between two calls, and starts again.
    case crash
    /// A stage that fails at a record: it dies in the middle of the batch, twice.
    case poison
    case rebalance
    /// A member is put out of its group and goes on, unknowing.
    case eviction
    /// An instance is started anew while its old life goes on.
    case zombie
    /// An instance cannot reach its broker for a while.
    case broker
    /// A call fails: a send that took nothing, a transaction's commit with unknown outcome.
    case timeout
    /// Users publish an id twice; at-least-once producers write a message twice.
    case duplicate
    /// Batches are written and acknowledged late.
    case disk
    /// Instances' clocks differ, by up to 100 ms either way.
    case skew
    /// The device refuses work for a while, or is slow.
    case qpu
    /// The device's results are nonsense now and then.
    case garbage
    /// The operator throws the kill switch and changes the mode.
    case operation = "operator"
    /// Another model version comes into force.
    case model
    /// Changelogs are compacted at odd moments.
    case compaction

    /// Whether an instance may be late while, and shortly after, it strikes.
    var isDisturbing: Bool {
        switch self {
        case .duplicate, .skew, .garbage, .operation, .model, .compaction, .qpu: false
        case .crash, .poison, .rebalance, .eviction, .zombie, .broker, .timeout, .disk: true
        }
    }
}
