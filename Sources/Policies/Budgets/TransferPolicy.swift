/// Who gives how much of a budget to whom: a pure function of how the accounts stand.
///
/// What is left of the budget belongs to the partitions in proportion to what calls that are worth
/// it would cost there per second, but for a floor under each, so that one that wakes up can begin
/// at once. Every donor computes the same target and gives of its own surplus alone; no two can give
/// the same money. Old reports make the division worse for a while, never the sum.
public enum TransferPolicy {
    /// How one partition's account stands.
    public struct Standing: Equatable, Sendable {
        public var partition: Int
        /// Not spent and not set aside; negative for an account in debt.
        public var rights: Money
        /// Millionths per second.
        public var demand: Double
        /// Whether it may be given to now: what it reported is younger than the last gift.
        public var isOpen: Bool

        public init(partition: Int, rights: Money, demand: Double, isOpen: Bool = true) {
            self.partition = partition
            self.rights = rights
            self.demand = demand
            self.isOpen = isOpen
        }
    }

    public struct Grant: Equatable, Sendable {
        public var to: Int
        public var amount: Money
    }

    /// The floors together are this share of what is left.
    static let floor = 0.01
    /// A surplus or need below this share of the cap, divided by the partitions, is left alone.
    static let grain = 0.002
    /// Nor is one below this share of what the donor has: demand that wavers moves nothing.
    static let hysteresis = 0.1

    /// - Parameters:
    ///   - donor: index of the giving account in `standings`.
    ///   - standings: of all partitions.
    /// - Returns: what the donor gives, at most its rights in all; debts first.
    public static func grants(
        from donor: Int, _ standings: [Standing], cap: Money
    ) -> [Grant] {
        let own = standings[donor].rights
        guard own > .zero else { return [] }
        let positive = standings.reduce(0.0) { $0 + max(0, Double($1.rights.millionths)) }
        let portion = min(1, Double(own.millionths) / positive)
        var left = own
        var grants: [Grant] = []
        for standing in standings where standing.rights < .zero && standing.isOpen {
            let debt = Double(standing.rights.millionths.magnitude)
            let amount = min(left, Money(millionths: Int64((debt * portion).rounded(.up))))
            if amount > .zero { grants.append(Grant(to: standing.partition, amount: amount)) }
            left -= amount
        }
        guard grants.isEmpty else { return grants }
        return shareOut(donor, standings, cap: cap, total: positive)
    }

    private static func shareOut(
        _ donor: Int, _ standings: [Standing], cap: Money, total: Double
    ) -> [Grant] {
        let demand = standings.reduce(0.0) { $0 + $1.demand }
        guard demand > 0 else { return [] }
        let count = Double(standings.count)
        let grain = Double(cap.millionths) * grain / count
        let surplus = standings.map { standing in
            let weight = (standing.demand / demand + floor / count) / (1 + floor)
            return Double(standing.rights.millionths) - total * weight
        }
        let threshold = max(grain, hysteresis * Double(standings[donor].rights.millionths))
        guard surplus[donor] > threshold else { return [] }
        let needs = standings.indices.filter { surplus[$0] < -grain && $0 != donor }
        let need = needs.reduce(0.0) { $0 - surplus[$1] }
        return needs.filter { standings[$0].isOpen }.compactMap { index in
            let amount = min(surplus[donor], need) * (-surplus[index] / need)
            guard amount >= 1 else { return nil }
            return Grant(
                to: standings[index].partition, amount: Money(millionths: Int64(amount)))
        }
    }
}
