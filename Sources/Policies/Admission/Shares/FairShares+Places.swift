import Determinism

/// The division of the places.
extension FairShares {
    private static let turns = 8
    /// The golden ratio's fraction: its multiples fall most evenly into 0…1.
    private static let turn = 0.618_033_988_749_894_9

    /// Divides the places by demand, nominal parts first.
    ///
    /// - Parameter isPeriodic: whether what was used until now is forgotten, and parts of a place
    ///   change hands.
    mutating func divide(now: Timestamp, isPeriodic: Bool = false) {
        guard let places else { return }
        let all = Double(places)
        let rest = allotNominal(all)
        let unused = allotBorrowed(rest, all)
        allotUnused(unused)
        for tenant in tenants.indices where tenants[tenant].isUsed {
            tenants[tenant].allot(tenants[tenant].accounts[0].allotted, of: all, priorities)
        }
        round()
        guard isPeriodic else { return }
        nextAdjustment = now + policy.adjustment
        phase += Self.turn
        if phase >= 1 { phase -= 1 }
        for tenant in tenants.indices {
            for level in 0..<3 { tenants[tenant].accounts[level].beginPeriod() }
        }
    }

    /// To each tenant what it needs of its nominal part, and what it does not lend. A tenant's sum
    /// stands in its first account until it is divided.
    ///
    /// - Returns: places left over.
    private mutating func allotNominal(_ all: Double) -> Double {
        var rest = all
        for tenant in tenants.indices where tenants[tenant].isUsed {
            let nominal = weightInUse > 0 ? all * tenants[tenant].weight / weightInUse : 0
            let weights = tenants[tenant].weights(priorities)
            for level in 0..<3 where tenants[tenant].accounts[level].isUsed {
                tenants[tenant].accounts[level].nominalPlaces =
                    nominal * priorities[level] / weights
            }
            let need = min(tenants[tenant].demand(of: all), nominal)
            let part = max(need, (1 - policy.lendable) * nominal)
            tenants[tenant].accounts[0].allotted = part
            rest -= part
        }
        return max(0, rest)
    }

    private func isShort(_ tenant: Int, _ all: Double) -> Bool {
        guard tenants[tenant].isUsed else { return false }
        let allotted = tenants[tenant].accounts[0].allotted
        return allotted < mostPlaces(tenant, all) - 1e-9
    }

    private func mostPlaces(_ tenant: Int, _ all: Double) -> Double {
        let demand = tenants[tenant].demand(of: all)
        guard let borrowing = policy.borrowing else { return demand }
        return min(demand, all * tenants[tenant].weight / weightInUse * (1 + borrowing))
    }

    /// By weight to those that need more.
    ///
    /// - Returns: places that nobody needs.
    private mutating func allotBorrowed(_ amount: Double, _ all: Double) -> Double {
        var rest = amount
        for _ in 0..<Self.turns where rest > 1e-9 {
            var open = 0.0
            for tenant in tenants.indices where isShort(tenant, all) {
                open += tenants[tenant].weight
            }
            guard open > 0 else { return rest }
            let unit = rest / open
            rest = 0
            for tenant in tenants.indices where isShort(tenant, all) {
                let part = unit * tenants[tenant].weight
                let room = mostPlaces(tenant, all) - tenants[tenant].accounts[0].allotted
                tenants[tenant].accounts[0].allotted += min(part, room)
                rest += max(0, part - room)
            }
        }
        return rest
    }

    /// What nobody needs is room to grow without asking, by weight.
    private mutating func allotUnused(_ amount: Double) {
        guard amount > 1e-9, weightInUse > 0, policy.borrowing == nil else { return }
        for tenant in tenants.indices where tenants[tenant].isUsed {
            let part = amount * tenants[tenant].weight / weightInUse
            tenants[tenant].accounts[0].allotted += part
        }
    }

    /// Whole places whose sum is that of the parts: each account's is its part rounded down or up,
    /// and over many phases its mean is the part.
    private mutating func round() {
        var sum = phase
        for tenant in tenants.indices where tenants[tenant].isUsed {
            for level in 0..<3 where tenants[tenant].accounts[level].isUsed {
                let before = (sum + 1e-9).rounded(.down)
                sum += tenants[tenant].accounts[level].allotted
                let places = (sum + 1e-9).rounded(.down) - before
                tenants[tenant].accounts[level].places = Int32(places)
            }
        }
    }

    /// Corrects the calls in flight to `total`, as a device's status reports them, in proportion to
    /// what was known of each account.
    public mutating func reconcile(inFlight total: Int) {
        guard total >= 0, total < inFlightTotal else { return }
        let scale = Double(total) / Double(inFlightTotal)
        var (sum, given) = (0.0, 0)
        for tenant in tenants.indices {
            for level in 0..<3 where tenants[tenant].accounts[level].inFlight > 0 {
                sum += Double(tenants[tenant].accounts[level].inFlight) * scale
                let upTo = Int((sum + 1e-9).rounded(.down))
                tenants[tenant].accounts[level].inFlight = Int32(upTo - given)
                given = upTo
            }
        }
        inFlightTotal = given
    }

    /// Calls that this tenant and priority may have in flight as places are divided now.
    public func placesHeld(_ place: Place) -> (inFlight: Int, places: Int) {
        let account = tenants[place.tenant].accounts[place.priority]
        return (Int(account.inFlight), Int(account.places))
    }
}
