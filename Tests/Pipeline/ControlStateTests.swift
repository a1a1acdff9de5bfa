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
}
