import Contracts
import Determinism

/// What one priority of one tenant has.
struct ShareAccount: Sendable {
    /// Whether the tenant has used this priority.
    var isUsed = false
    /// Calls that it may make now, and the most that it may save.
    var tokens = 0.0
    var tokenCap = 0.0
    /// Calls in flight, and how many may be.
    var inFlight: Int32 = 0
    var places: Int32 = 0
    /// Its part of all places, before rounding; and what is nominally its own.
    var allotted = 0.0
    var nominalPlaces = 0.0
    /// The most calls in flight in this period, and whether one was refused.
    var highWater: Int32 = 0
    var wasRefused = false
    /// The same of the period before: a lender heard just before the change is not forgotten.
    private var earlierHighWater: Int32 = 0
    private var wasRefusedEarlier = false

    var tokenRoom: Double { isUsed ? max(0, tokenCap - tokens) : 0 }

    /// Places that it would use.
    func demand(of all: Double) -> Double {
        wasRefused || wasRefusedEarlier
            ? all : Double(max(highWater, earlierHighWater, inFlight))
    }

    mutating func beginPeriod() {
        (earlierHighWater, wasRefusedEarlier) = (highWater, wasRefused)
        (highWater, wasRefused) = (inFlight, false)
    }
}

/// One tenant's accounts.
struct TenantShare: Sendable {
    var key: UInt64
    var weight: Double
    var isPinned = false
    var lastSeen: Timestamp
    var accounts = InlineArray<3, ShareAccount>(repeating: ShareAccount())

    init(key: UInt64, weight: Double, isPinned: Bool = false, lastSeen: Timestamp) {
        self.key = key
        self.weight = weight
        self.isPinned = isPinned
        self.lastSeen = lastSeen
    }

    var isUsed: Bool { accounts[0].isUsed || accounts[1].isUsed || accounts[2].isUsed }
    var inFlight: Int32 {
        accounts[0].inFlight + accounts[1].inFlight + accounts[2].inFlight
    }
    var tokens: Double { accounts[0].tokens + accounts[1].tokens + accounts[2].tokens }
    var tokenRoom: Double {
        accounts[0].tokenRoom + accounts[1].tokenRoom + accounts[2].tokenRoom
    }
    var allotted: Double {
        accounts[0].allotted + accounts[1].allotted + accounts[2].allotted
    }

    /// Weights of the priorities in use.
    func weights(_ ofPriority: SIMD4<Double>) -> Double {
        var sum = 0.0
        for index in 0..<3 where accounts[index].isUsed { sum += ofPriority[index] }
        return sum
    }

    /// Gives `flow` tokens to the accounts that have room, by weight.
    ///
    /// - Returns: what found no room.
    mutating func save(_ flow: Double, _ priorities: SIMD4<Double>) -> Double {
        var rest = flow
        // Each turn but the last fills an account.
        for _ in 0..<3 where rest > 0 {
            var open = 0.0
            for index in 0..<3 where accounts[index].tokenRoom > 0 { open += priorities[index] }
            guard open > 0 else { return rest }
            let unit = rest / open
            rest = 0
            for index in 0..<3 {
                let room = accounts[index].tokenRoom
                guard room > 0 else { continue }
                let part = unit * priorities[index]
                if part >= room {
                    accounts[index].tokens = accounts[index].tokenCap
                    rest += part - room
                } else {
                    accounts[index].tokens += part
                }
            }
        }
        return rest
    }

    /// Divides `places` among the priorities by demand and weight; what nobody demands goes to those
    /// that are in use.
    mutating func allot(_ places: Double, of all: Double, _ priorities: SIMD4<Double>) {
        for index in 0..<3 { accounts[index].allotted = 0 }
        var rest = places
        for _ in 0..<3 where rest > 1e-9 {
            var open = 0.0
            for index in 0..<3 where isShort(index, of: all) { open += priorities[index] }
            guard open > 0 else { break }
            let unit = rest / open
            rest = 0
            for index in 0..<3 where isShort(index, of: all) {
                let room = accounts[index].demand(of: all) - accounts[index].allotted
                let part = min(unit * priorities[index], room)
                accounts[index].allotted += part
                rest += unit * priorities[index] - part
            }
        }
        let total = weights(priorities)
        guard rest > 1e-9, total > 0 else { return }
        for index in 0..<3 where accounts[index].isUsed {
            accounts[index].allotted += rest * priorities[index] / total
        }
    }

    private func isShort(_ index: Int, of all: Double) -> Bool {
        accounts[index].isUsed
            && accounts[index].allotted < accounts[index].demand(of: all) - 1e-9
    }

    func demand(of all: Double) -> Double {
        var sum = 0.0
        for index in 0..<3 where accounts[index].isUsed {
            sum += accounts[index].demand(of: all)
        }
        return min(sum, all)
    }
}
