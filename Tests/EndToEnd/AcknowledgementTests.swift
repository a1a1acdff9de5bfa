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
}
