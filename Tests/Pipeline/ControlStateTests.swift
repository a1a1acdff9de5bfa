import Contracts
import Determinism
import Stages
import TestSupport
import Testing

@Suite("The control state")
struct ControlStateTests {
    private func apply(
        _ state: inout ControlState, _ messages: [(topic: Topic, key: String?, value: [UInt8]?)]
    ) {
        var batch = InboundBatch()
        for (index, message) in messages.enumerated() {
            batch.append(
                at: MessagePosition(topic: message.topic, partition: 0, offset: Int64(index)),
                timestamp: Timestamp(milliseconds: 0), key: message.key.map { kept($0) },
                value: message.value.map { kept($0) })
        }
        state.apply(batch)
    }

    private func setting(_ setting: ControlMessage.Setting, _ value: String) -> [UInt8] {
        var message = ControlMessage()
        message.setting = setting
        message.value = value
        message.by = "ana"
        return message.encoded
    }

    private func status(_ device: String, depth: Int) -> [UInt8] {
        var message = QPUStatusMessage()
        message.device = device
        message.queueDepth = depth
        return message.encoded
    }

    @Test("takes the last value of each setting and the last status of each device")
    func lastWins() {
        var state = ControlState(modelName: "default")
        apply(
            &state,
            [
                (.control, "kill-switch", setting(.killSwitch, "on")),
                (.control, "mode", setting(.mode, "live")),
                (.qpuStatus, "a", status("a", depth: 1)), (.qpuStatus, "b", status("b", depth: 2)),
                (.qpuStatus, "a", status("a", depth: 3)),
            ])
        #expect(state.snapshot.killSwitch && state.snapshot.mode == .live)
        #expect(state.snapshot.status(of: "a")?.queueDepth == 3)
        #expect(state.snapshot.status(of: "b")?.queueDepth == 2)
        #expect(state.snapshot.status(of: "c") == nil)
        apply(
            &state,
            [
                (.control, "kill-switch", setting(.killSwitch, "off")),
                (.control, "mode", setting(.mode, "shadow")),
            ])
        #expect(!state.snapshot.killSwitch && state.snapshot.mode == .shadow)
    }

    @Test("stays as it is after what it cannot read, and hands each refusal out once")
    func refusals() {
        var state = ControlState(modelName: "default")
        apply(&state, [(.control, "mode", setting(.mode, "live"))])
        apply(
            &state,
            [
                (.control, "mode", Array("{".utf8)), (.control, "mode", setting(.mode, "on")),
                (.models, "default", Array("{}".utf8)), (.qpuStatus, "a", Array("[]".utf8)),
            ])
        #expect(state.snapshot.mode == .live && state.snapshot.model == nil)
        let codes = state.takeRefused().map(\.code)
        #expect(codes == [.malformedJSON, .outOfRange, .undecodable, .malformedJSON])
        let more = state.takeRefused()
        #expect(more.isEmpty)
    }

    @Test("reads a model under its name and under each version's name, and no other's")
    func models() {
        var state = ControlState(modelName: "default")
        let broken = Array("{}".utf8)
        apply(
            &state,
            [
                (.models, "default", broken), (.models, "default@1.0.0", broken),
                (.models, "defaults", broken), (.models, "other@1.0.0", broken),
            ])
        #expect(state.takeRefused().count == 2)
    }

    @Test("ignores tombstones, other models and data topics")
    func others() {
        var state = ControlState(modelName: "default")
        apply(&state, [(.control, "kill-switch", setting(.killSwitch, "on"))])
        apply(
            &state,
            [
                (.control, "kill-switch", nil), (.models, "other", Array("{}".utf8)),
                (.models, nil, Array("{}".utf8)), (.records, "r", Array("{}".utf8)),
            ])
        let refused = state.takeRefused()
        #expect(state.snapshot.killSwitch && refused.isEmpty)
    }

    private func named(
        _ setting: ControlMessage.Setting, _ name: String, _ value: String
    ) -> ControlMessage {
        var message = ControlMessage()
        message.setting = setting
        message.name = name
        message.value = value
        message.by = "ana"
        return message
    }

    @Test("keeps budgets and limits by name, until they are off")
    func amounts() {
        var state = ControlState(modelName: "default")
        func set(_ setting: ControlMessage.Setting, _ name: String, _ value: String) {
            let message = named(setting, name, value)
            apply(&state, [(.control, message.key, message.encoded)])
        }
        set(.budget, "tenant/a", "12.50")
        set(.budget, "day", "0")
        set(.limit, "weight/a", "3")
        #expect(state.snapshot.budgets == ["tenant/a": 12.5, "day": 0])
        #expect(state.snapshot.limits == ["weight/a": 3] && state.snapshot.limitsVersion == 3)
        set(.budget, "tenant/a", "off")
        #expect(state.snapshot.budgets == ["day": 0] && state.snapshot.limitsVersion == 4)
        let refused = state.takeRefused()
        #expect(refused.isEmpty)
    }

    @Test("passes over the history's entries: only a setting's own key sets it")
    func history() {
        var state = ControlState(modelName: "default")
        let message = named(.limit, "rate", "30")
        apply(&state, [(.control, message.logKey, message.encoded)])
        #expect(state.snapshot.limits.isEmpty)
        apply(&state, [(.control, message.key, message.encoded)])
        #expect(state.snapshot.limits == ["rate": 30])
        let later = named(.limit, "rate", "31")
        #expect(Set([message.logKey, later.logKey, message.key]).count == 3)
    }

    @Test("knows an operator's canary and its share until another mode is set")
    func canary() {
        var message = ControlMessage()
        message.setting = .mode
        message.value = Mode.canary.rawValue
        message.percent = 5
        message.by = "ana"
        var state = ControlState(modelName: "default")
        #expect(state.snapshot.mode == nil && state.snapshot.canaryShare == nil)
        apply(&state, [(.control, "mode", message.encoded)])
        #expect(state.snapshot.mode == .canary && state.snapshot.canaryShare == 0.05)
        apply(&state, [(.control, "mode", setting(.mode, "off"))])
        #expect(state.snapshot.mode == .off && state.snapshot.canaryShare == nil)
    }
}
