import Contracts
import Determinism
import Foundation
import Stages
import Terminal
import TestSupport
import Testing

@testable import tandem

@Suite("Whom an operator waits for")
struct AcknowledgementTests {
    private static let start = Timestamp(milliseconds: 1_764_547_200_000)

    private func after(_ milliseconds: Int64) -> Timestamp {
        Self.start + .milliseconds(milliseconds)
    }

    private func setting(_ value: String = "on") -> ControlMessage {
        var message = ControlMessage()
        message.value = value
        message.by = "ana"
        message.at = Self.start
        return message
    }

    private func take(
        _ message: ControlMessage, at offset: Int64, into state: inout Acknowledgements
    ) {
        for (key, offset) in [(message.logKey, offset), (message.key, offset + 1)] {
            state.takeControl(
                key: kept(key), value: keptDocument(message.encoded), offset: offset)
        }
    }

    private func say(
        _ stage: StageName, _ instance: String, _ control: Int64, at instant: Int64,
        since: Int64? = nil, seen: Int64?, into state: inout Acknowledgements
    ) {
        var message = InstanceMessage()
        message.instance = instance
        message.stage = stage
        message.control = control
        message.at = after(instant)
        message.since = after(since ?? instant)
        state.takeInstance(
            key: kept(message.key), value: keptDocument(message.encoded),
            seenAt: seen.map { after($0) })
    }

    @Test("A change is in force when the last instance that obeys it says so")
    func settles() {
        var state = Acknowledgements()
        take(setting("off"), at: 3, into: &state)
        say(.admission, "a", 4, at: -400, seen: nil, into: &state)
        say(.enrichment, "b", 4, at: -400, seen: nil, into: &state)
        // Obeys no kill switch: it is not waited for.
        say(.shadow, "c", 4, at: -400, seen: nil, into: &state)
        let change = setting()
        state.begin(change, at: Self.start)
        #expect(!state.isSettled(now: after(1)))
        // What the change does may be seen before the change itself is read back.
        say(.admission, "a", 6, at: 30, since: 28, seen: 35, into: &state)
        take(change, at: 5, into: &state)
        #expect(!state.isSettled(now: after(40)))
        // The entry of the history alone is not the change.
        say(.enrichment, "b", 5, at: 50, seen: 52, into: &state)
        #expect(!state.isSettled(now: after(53)))
        say(.enrichment, "b", 6, at: 60, since: 58, seen: 61, into: &state)
        say(.enrichment, "b", 6, at: 900, since: 58, seen: 905, into: &state)
        #expect(state.isSettled(now: after(62)))
        let rows = state.rows(now: after(905))
        #expect(rows.map(\.seenMs) == [35, 61] && rows.map(\.inForceMs) == [28, 58])
        let report = AcknowledgementReport(rows)
        #expect(report.acknowledged == true && report.acknowledgedMs == 61)
        #expect(report.failure == nil && report.summary(of: [.admission]).contains("61.0 ms"))
    }

    @Test("An instance that says nothing of the change is named, not passed over")
    func missing() throws {
        var state = Acknowledgements()
        say(.admission, "a", -1, at: -400, seen: nil, into: &state)
        say(.admission, "stuck", -1, at: -300, seen: nil, into: &state)
        let change = setting()
        state.begin(change, at: Self.start)
        take(change, at: 0, into: &state)
        say(.admission, "a", 1, at: 20, seen: 21, into: &state)
        say(.admission, "stuck", -1, at: 700, seen: 702, into: &state)
        #expect(!state.isSettled(now: after(4_000)))
        let report = AcknowledgementReport(state.rows(now: after(4_000)))
        #expect(report.acknowledged == false && report.acknowledgedMs == nil)
        let failure = try #require(report.failure)
        #expect(failure.contains("admission of stuck") && !failure.contains("of a "))
        #expect(failure.contains("heard 3.30 s ago"))
    }

    @Test("One that has ended is not waited for; one that was silent is listened for a moment")
    func silence() throws {
        var state = Acknowledgements()
        say(.admission, "a", -1, at: -400, seen: nil, into: &state)
        say(.admission, "ended", -1, at: -400, seen: nil, into: &state)
        say(.admission, "dead", -1, at: -60_000, seen: nil, into: &state)
        say(.admission, "forgotten", -1, at: -900_000, seen: nil, into: &state)
        let change = setting()
        state.begin(change, at: Self.start)
        take(change, at: 0, into: &state)
        say(.admission, "a", 1, at: 20, seen: 21, into: &state)
        state.takeInstance(key: kept("admission/ended"), value: nil, seenAt: after(30))
        #expect(!state.isSettled(now: after(100)) && state.isSettled(now: after(1_500)))
        let rows = state.rows(now: after(1_500))
        #expect(rows.map(\.instance) == ["a", "dead"] && rows.map(\.isSilent) == [false, true])
        let report = AcknowledgementReport(rows)
        #expect(report.acknowledged == true && report.failure == nil)
        let table = try #require(report.table).rendered(style: .plain)
        #expect(table.contains("gone, or cut off"))
        // Its clock was behind, and it lives: from its heartbeat on it is waited for.
        say(.admission, "dead", -1, at: -58_000, seen: 1_600, into: &state)
        #expect(!state.isSettled(now: after(1_700)))
        say(.admission, "dead", 1, at: -57_900, seen: 1_750, into: &state)
        #expect(state.isSettled(now: after(1_800)))
    }

    @Test("Members of a group beyond those that report are told; nobody at all is no success")
    func doubts() {
        var state = Acknowledgements()
        let change = setting()
        state.begin(change, at: Self.start)
        take(change, at: 0, into: &state)
        #expect(state.isSettled(now: after(1)))
        let nobody = AcknowledgementReport(state.rows(now: after(1)))
        #expect(nobody.acknowledged == nil && nobody.acknowledgedMs == nil)
        #expect(nobody.summary(of: [.admission]).hasPrefix("no instance runs"))
        say(.admission, "a", 1, at: 20, seen: 21, into: &state)
        let report = AcknowledgementReport(
            state.rows(now: after(30)), members: [.admission: 3, .fallback: 0])
        #expect(report.acknowledged == true && report.unreported == ["admission": 2])
        #expect(report.doubts.count == 1 && report.doubts[0].contains("2 more members"))
    }

    // MARK: Names

    private func targets(
        _ instances: [(name: String, budgets: [String], limits: [String], tenants: [String])]
    ) -> ControlTargets {
        var table = InstanceTable()
        for (name, budgets, limits, tenants) in instances {
            var message = InstanceMessage()
            message.instance = name
            message.at = Self.start
            message.budgets = budgets
            message.limits = limits
            message.tenants = tenants
            table.take(
                key: kept(message.key), value: keptDocument(message.encoded), seenAt: nil,
                with: JSONParser())
        }
        return ControlTargets(table, now: after(400))
    }

    private func cap(
        _ name: String, _ value: String = "5", _ setting: ControlMessage.Setting = .budget
    ) -> ControlMessage {
        var message = self.setting(value)
        message.setting = setting
        message.name = name
        return message
    }

    @Test("A budget that nobody has is refused, with the ones there are and the likely one")
    func budgets() throws {
        let targets = targets([
            ("one", ["day", "tenant/shop-7"], [], []), ("two", ["day"], [], []),
        ])
        let refusal = try #require(targets.refusal(of: cap("tenant/shop7"), current: nil))
        #expect(refusal.contains("did you mean 'tenant/shop-7'? Allowed: day, tenant/shop-7"))
        #expect(targets.refusal(of: cap("day"), current: nil) == nil)
        #expect(targets.doubt(of: cap("day")) == nil)
        // Known to some instances only: it is set, and told.
        #expect(targets.refusal(of: cap("tenant/shop-7"), current: nil) == nil)
        #expect(targets.doubt(of: cap("tenant/shop-7"))?.contains("admission of two") == true)
        // What was set before the configuration changed can be taken away, and only that.
        #expect(targets.refusal(of: cap("old", "off"), current: cap("old")) == nil)
        #expect(targets.refusal(of: cap("old", "off"), current: cap("old", "off")) != nil)
        #expect(targets.refusal(of: cap("old", "off"), current: nil) != nil)
        let none = self.targets([("one", [], [], [])])
        #expect(none.refusal(of: cap("day"), current: nil)?.contains("would do nothing") == true)
    }

    @Test("A tenant's weight is refused where nothing is divided, or the tenant may not come")
    func weights() throws {
        let weight = cap("weight/shop7", "2", .limit)
        let off = targets([("one", [], ["rate", "concurrency"], [])])
        #expect(off.refusal(of: weight, current: nil)?.contains("admission.shares") == true)
        #expect(off.refusal(of: cap("rate", "5", .limit), current: nil) == nil)
        let all = targets([("one", [], ["weight"], [])])
        #expect(all.refusal(of: weight, current: nil) == nil && all.doubt(of: weight) == nil)
        let some = targets([("one", [], ["weight"], ["shop-7", "bank"])])
        let refusal = try #require(some.refusal(of: weight, current: nil))
        #expect(refusal.contains("did you mean 'shop-7'? Allowed: bank, shop-7"))
        let mixed = targets([("one", [], ["weight"], []), ("two", [], [], [])])
        #expect(mixed.doubt(of: weight)?.contains("admission of two") == true)
    }

    @Test("Nothing is refused, and that is said, where nobody runs who could know")
    func nobody() {
        let targets = targets([])
        #expect(targets.refusal(of: cap("day"), current: nil) == nil)
        #expect(targets.doubt(of: cap("day"))?.contains("cannot be known") == true)
        #expect(targets.doubt(of: setting()) == nil)
    }
}
