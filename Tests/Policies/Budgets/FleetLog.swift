import Contracts
import Determinism
import Policies

/// A call that an instance bought, as its transaction committed it.
struct FleetCall {
    var partition: Int
    var tenant: String
    var device: String
    var estimate: Money
    var actual: Money
    var reservation: BudgetReservation
    /// For each budget that covers it, the window it was charged to.
    var windows: [Int: Int64]
    /// By the true clock.
    var at: Timestamp
    var isSettled = false
}

/// What the brokers hold: only what was committed, with the last message of each changelog key.
struct FleetLog {
    var accounts: [[String: BudgetStateMessage]]
    var cessions: [[String: LeaseMessage]]
    var leases: [(at: Timestamp, message: LeaseMessage)] = []
    var calls: [FleetCall] = []
    /// In the order in which they were settled.
    var settled: [Int] = []
    /// Calls that came back and are not settled, by partition.
    var returned: [[Int]]

    init(partitions: Int) {
        accounts = Array(repeating: [:], count: partitions)
        cessions = Array(repeating: [:], count: partitions)
        returned = Array(repeating: [], count: partitions)
    }

    /// Makes a transaction's output visible.
    mutating func commit(
        _ entries: [BudgetEntry], _ lent: [LeaseMessage], _ bought: [FleetCall], _ settled: [Int],
        at now: Timestamp
    ) {
        for entry in entries {
            switch entry {
            case .account(let partition, let message):
                accounts[partition][message.budget] = message
            case .lease(let message): leases.append((now, message))
            }
        }
        for message in lent {
            cessions[message.from][message.key] = message
            leases.append((now, message))
        }
        calls += bought
        for call in settled {
            calls[call].isSettled = true
            self.settled.append(call)
            returned[calls[call].partition].removeAll { $0 == call }
        }
    }
}

/// What must hold of the log whatever happened; knows nothing of accounts and shares but what the
/// messages say.
struct FleetChecker {
    let limits: [BudgetLimits]
    let partitions: Int
    /// The most that may be spent of each budget: the cap, or what was gone before it was lowered.
    var ceilings: [Money]
    private(set) var problems: [String] = []
    private var sums: [[Int64: Money]]
    private var credits: [String: LeaseMessage] = [:]
    private var seen = (calls: 0, settled: 0, leases: 0)

    init(_ limits: [BudgetLimits], partitions: Int) {
        self.limits = limits
        self.partitions = partitions
        ceilings = limits.map(\.cap)
        sums = limits.map { _ in [:] }
    }

    static func covers(_ scope: BudgetScope, _ call: FleetCall) -> Bool {
        (scope.tenant == nil || scope.tenant == call.tenant)
            && (scope.device == nil || scope.device == call.device)
    }

    /// Spent by window: estimates of what is out, prices of what came back.
    func spent(_ budget: Int) -> [Int64: Money] { sums[budget] }

    /// Takes in what is new in the log, and checks it.
    mutating func check(_ log: FleetLog) {
        for call in log.calls[seen.calls...] { add(call, call.estimate) }
        for call in log.settled[seen.settled...] {
            add(log.calls[call], log.calls[call].actual - log.calls[call].estimate)
        }
        for (_, message) in log.leases[seen.leases...] where message.kind == .credit {
            take(message)
        }
        seen = (log.calls.count, log.settled.count, log.leases.count)
        for budget in limits.indices {
            for (window, sum) in sums[budget] where sum > ceilings[budget] {
                problems.append(
                    "'\(limits[budget].name)' spent \(sum) of \(ceilings[budget]) in \(window)")
            }
        }
        checkDebits(log)
    }

    private mutating func add(_ call: FleetCall, _ amount: Money) {
        for budget in limits.indices where Self.covers(limits[budget].scope, call) {
            guard let window = call.windows[budget] else { continue }
            sums[budget][window, default: .zero] += amount
        }
    }

    private mutating func take(_ message: LeaseMessage) {
        if let old = credits[message.key], old.window == message.window,
            old.parts >= message.parts
        {
            problems.append("\(message.key) went from \(old.parts) to \(message.parts)")
        }
        credits[message.key] = message
    }

    /// What was credited was debited.
    private mutating func checkDebits(_ log: FleetLog) {
        for (key, credit) in credits {
            guard let donor = log.accounts[credit.from][credit.name],
                donor.window == credit.window
            else { continue }
            let debit = credit.to < donor.granted.count ? donor.granted[credit.to] : 0
            if debit != Double(credit.parts) {
                problems.append("\(key) credits \(credit.parts), its donor debits \(debit)")
            }
        }
    }

    /// A bucket that is full at the start must never run dry: then no stretch of time, wherever it
    /// begins, holds more than burst + rate × length.
    mutating func checkRate(_ limit: RateLimit, _ log: FleetLog) {
        let instants = log.calls.map(\.at).sorted()
        guard let first = instants.first else { return }
        var bucket = TokenBucket(limit: limit, now: first)
        for instant in instants where !bucket.tryTake(now: instant) {
            problems.append("the rate was exceeded at \(instant.microseconds)")
            return
        }
    }

    mutating func note(_ problem: String) { problems.append(problem) }
}
