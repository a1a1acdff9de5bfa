import Contracts
import Observability
import Testing

@Suite("Readiness")
struct ReadinessTests {
    @Test("a process with a model and partitions for every stage is ready")
    func ready() {
        #expect(Fixture.full().readiness.isReady)
        #expect(Fixture.full().readiness.reasons.isEmpty)
    }

    @Test("kill switch, outage and mode off leave a process ready: scores go on")
    func degraded() {
        var snapshot = Fixture.full()
        snapshot.killSwitch = true
        snapshot.mode = .off
        #expect(snapshot.devices[0].state == .outage)
        #expect(snapshot.readiness.isReady)
    }

    @Test("without a model it is not ready")
    func model() {
        var snapshot = Fixture.full()
        snapshot.model = nil
        #expect(
            snapshot.readiness.reasons == ["no model: none has arrived on the models topic"])
    }

    @Test("before a stage has been started it is not ready")
    func stages() {
        var snapshot = Fixture.full()
        snapshot.stages = []
        #expect(
            snapshot.readiness.reasons == ["no stage has been started in this process yet"])
    }

    @Test("every stage that does not do its part is named, with what keeps it")
    func obstacles() {
        var snapshot = Fixture.full()
        snapshot.stages[1].partitions = 0
        snapshot.stages[3].isFinished = true
        snapshot.stages[5].failure = "fallback: offset out of range"
        snapshot.stages[5].isFinished = true
        #expect(
            snapshot.readiness.reasons == [
                "reduction: no partitions assigned", "enrichment: stopped",
                "fallback: failed: offset out of range",
            ])
        #expect(!snapshot.readiness.isReady)
    }

    @Test(
        "a stage's state follows from what it reports",
        arguments: [
            (0, false, nil, StageSnapshot.State.waiting), (3, false, nil, .running),
            (3, true, nil, .stopped), (0, true, "gone", .failed), (3, true, "gone", .failed),
        ])
    func states(
        partitions: Int, isFinished: Bool, failure: String?, state: StageSnapshot.State
    ) {
        var stage = StageSnapshot(stage: .shadow)
        stage.partitions = partitions
        stage.isFinished = isFinished
        stage.failure = failure
        #expect(stage.state == state)
    }
}
