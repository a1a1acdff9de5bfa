import Configuration
import Contracts
import Determinism

/// What operators can set with an effect: the names that the admission instances that run know.
///
/// A cap of a budget that nobody has stays on its topic and does nothing; so it is refused here,
/// where a person reads it.
struct ControlTargets {
    private let instances: [InstanceMessage]

    init(_ table: InstanceTable, now: Timestamp) {
        instances = table.alive([.admission], now: now).map(\.message)
    }

    /// Why a change would do nothing; nil for one that does something, or may.
    ///
    /// - Parameter current: what is set under the same key: it can always be set to `off`.
    func refusal(of change: ControlMessage, current: ControlMessage?) -> String? {
        guard !instances.isEmpty, let name = change.name else { return nil }
        if change.value == "off", let current, current.value != "off" { return nil }
        switch (change.setting, LimitName(name)) {
        case (.budget, _): return unknownBudget(name)
        case (.limit, .weight(let tenant)): return uselessWeight(of: tenant)
        default: return nil
        }
    }

    private func unknownBudget(_ name: String) -> String? {
        guard let known = names(\.budgets) else { return nil }
        if known.isEmpty {
            return "budget '\(name)' would do nothing: no admission instance that runs has any "
                + "('admission.budgets')"
        }
        return known.contains(name)
            ? nil : Suggestion.unknown("budget", name, among: known)
    }

    private func uselessWeight(of tenant: String) -> String? {
        guard instances.contains(where: { $0.limits.contains("weight") }) else {
            return "limit 'weight/\(tenant)' would do nothing: no admission instance that runs "
                + "divides between tenants ('admission.shares.isOn')"
        }
        // Without a list, every tenant may come.
        guard instances.allSatisfy({ !$0.tenants.isEmpty }), let known = names(\.tenants) else {
            return nil
        }
        return known.contains(tenant)
            ? nil : Suggestion.unknown("tenant", tenant, among: known)
    }

    /// What all of them know together; nil where a list is cut off.
    private func names(_ list: KeyPath<InstanceMessage, [String]>) -> [String]? {
        let lists = instances.map { $0[keyPath: list] }
        guard lists.allSatisfy({ $0.count < InstanceMessage.maximumNames }) else { return nil }
        return Set(lists.joined()).sorted()
    }

    /// What cannot be known, or holds for some instances only; nil for nothing.
    func doubt(of change: ControlMessage) -> String? {
        guard let name = change.name, change.value != "off" else { return nil }
        guard !instances.isEmpty else {
            return "no admission instance runs: whether \(change.setting.rawValue) '\(name)' does "
                + "anything cannot be known"
        }
        let others = instances.filter { instance in
            switch (change.setting, LimitName(name)) {
            case (.budget, _):
                !instance.budgets.contains(name)
                    && instance.budgets.count < InstanceMessage.maximumNames
            case (.limit, .weight): !instance.limits.contains("weight")
            default: false
            }
        }
        guard !others.isEmpty else { return nil }
        let list = others.map(\.instance).sorted().joined(separator: ", ")
        return "\(change.setting.rawValue) '\(name)' does nothing in admission of \(list): these "
            + "instances are configured differently"
    }
}
