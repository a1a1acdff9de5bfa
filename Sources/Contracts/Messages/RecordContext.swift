/// What a record says of itself beside its features; carried unchanged to admission.
public struct RecordContext {
    public var tenant: ByteSlice?
    public var priority: Priority = .normal
    /// Money at stake, in the user's currency; nil when the record names none.
    public var value: Double?
    /// The record's own latency budget in milliseconds; nil for the configured one.
    public var latencyBudgetMilliseconds: Int?
    public var dataClass: DataClass = .internal

    public init() {}

    func write(into out: inout ByteWriter) {
        if let tenant { out.member("tenant", tenant) }
        if priority != .normal { out.member("priority", priority.rawValue) }
        if let value { out.member("value", value) }
        if let latencyBudgetMilliseconds {
            out.member("latencyBudgetMs", latencyBudgetMilliseconds)
        }
        if dataClass != .internal { out.member("dataClass", dataClass.rawValue) }
    }

    /// Longest latency budget: a day. Beyond it a deadline is no deadline.
    public static let maximumLatencyBudgetMilliseconds = 86_400_000

    static func latencyBudget(_ value: JSONValue) throws(ContractViolation) -> Int {
        let budget = try value.requireInteger("latencyBudgetMs")
        guard (1...maximumLatencyBudgetMilliseconds).contains(budget) else {
            throw ContractViolation(
                .outOfRange,
                "field 'latencyBudgetMs' is \(budget); it must be 1 to \(maximumLatencyBudgetMilliseconds)"
            )
        }
        return budget
    }
}
