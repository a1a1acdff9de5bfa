import Contracts
import Determinism
import Foundation
import Models
import Policies
import QuantumBackends
import Stages
import TestSupport
import Testing

/// Records under way while the model changes keep the version that checked them.
@Suite("A change of model")
struct ModelChangeTests {
    /// The newer version is in force; `other`, the older one, is remembered or not.
    private func control(knowsOther: Bool) -> ControlSnapshot {
        var control = Training.control()
        if knowsOther { control.remember(Training.other) }
        return control
    }

    private var older: ByteSlice { Training.other.identity.slice }

    @Test("reduces a record with the version that checked it")
    func reduction() throws {
        let reduction = Training.other.bundle.reduction()
        var (standardised, wanted): ([Double], [Double]) = ([], [])
        let values = [0.5, -0.25, 0.125]
        reduction.reduce(values.span, standardised: &standardised, components: &wanted)
        var record = Sample.features("old", values)
        record.model = older
        var bench = Bench(ReductionStage())
        bench.control = control(knowsOther: true)
        let turn = bench.process([
            Input(.features, record), Input(.features, Sample.features("new", values)),
        ])
        let reduced = try turn.decoded(.reduced, ReducedMessage.self)
        #expect(reduced[0].components == wanted && reduced[0].components != reduced[1].components)
        #expect(reduced.map(\.model.string) == [older.string, Training.identity.string])
    }

    @Test("rejects a record of a version that is nowhere, byte for byte")
    func unknownVersion() {
        var record = Sample.features("old")
        record.model = older
        let input = Input(.features, record)
        var bench = Bench(ReductionStage())
        let turn = bench.process(input)
        #expect(turn.messages.map { $0.header("tandem-error-code") } == ["unknownModel"])
        #expect(turn.messages.first?.value == input.value)
    }

    @Test("gives a reduced record of an unknown version its classical score, and no job")
    func admission() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var bench = Bench(
            Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu")))
        var record = Sample.reduced("old")
        record.model = older
        let turn = bench.process(Input(.reduced, record))
        let verdicts = try turn.decoded(.verdicts, ClassicalVerdictMessage.self)
        #expect(verdicts.map(\.reason) == [.backendFailed] && turn.on(.jobs).isEmpty)
        bench.control = control(knowsOther: true)
        record.id = kept("new")
        #expect(bench.process(Input(.reduced, record)).on(.jobs).count == 1)
    }

    @Test("runs jobs of both versions, each under its own head")
    func enrichment() throws {
        var bench = Bench(
            Enrichment(
                EnrichmentSettings(),
                backend: try SimulatedQPU(SimulatedQPUConfiguration(), start: Clock.start)))
        bench.control = control(knowsOther: true)
        var old = Sample.job("old", number: 1)
        old.model = older
        old.circuitHash = Training.other.circuitHash.slice
        var new = Sample.job("new", number: 2)
        // The same counts: what differs is the head.
        new.seed = old.seed
        _ = bench.process([Input(.jobs, old), Input(.jobs, new, offset: 1)])
        var found = try bench.tick().decoded(.measurements, MeasurementMessage.self)
        for _ in 0..<10 {
            found += try bench.tick(after: 50).decoded(.measurements, MeasurementMessage.self)
        }
        #expect(Set(found.map(\.id.string)) == ["old", "new"])
        #expect(found.allSatisfy { $0.status == .ok })
        #expect(Set(found.map(\.headValue)).count == 2)
    }

    @Test("calibrates a measurement with the version that measured it")
    func confidence() throws {
        var old = Sample.measurement("old", head: 0.3, error: 0.5)
        old.model = older
        var bench = Bench(try Confidence())
        bench.control = control(knowsOther: true)
        let turn = bench.process([
            Input(.measurements, old),
            Input(.measurements, Sample.measurement("new", head: 0.3, error: 0.5)),
        ])
        let verdicts = try turn.decoded(.verdicts, QuantumVerdictMessage.self)
        let scores = verdicts.compactMap(\.estimate?.score)
        #expect(scores.count == 2 && scores[0] != scores[1])
        let head = Training.other.bundle.head
        let logit = head.platt.slope * (head.intercept + 0.3) + head.platt.offset
        #expect(abs((scores.first ?? 0) - 1 / (1 + exp(-logit))) < 1e-12)
    }

    @Test("remembers a few versions and forgets the oldest")
    func memory() {
        var control = ControlSnapshot()
        control.model = Training.model
        control.remember(Training.other)
        #expect(control.model(named: older) === Training.other)
        control.remember(Training.other)
        #expect(control.recentModels.count == 2)
        #expect(control.model(named: Training.identity) === Training.model)
        #expect(control.model(named: kept("nobody@1")) == nil)
    }
}
