import Contracts
import Determinism
import Foundation
import Models
import Policies
import QuantumBackends
import QuantumCircuit
import Stages
import TestSupport
import Testing

@Suite("A call that steps down to the simpler circuit")
struct SimplerCircuitStagesTests {
    // MARK: The model

    @Test("has a name and a hash of its own, which follow its circuit and its offset")
    func identity() throws {
        let own = Training.model
        #expect(own.simpler?.name.slice.string == "zz-feature-map@1.0.0+without-entanglement")
        #expect(own.simpler?.hash.slice.string == Simpler.control.circuitHash)
        #expect(Simpler.control.circuitHash != own.bundle.circuitHash)
        #expect(Simpler.control.circuitHash != Simpler.control.circuit.hash)
        let text = String(decoding: try own.bundle.encoded(), as: UTF8.self)
        var changed = try JSONDecoder().decode(
            ModelBundle.self,
            from: Data(
                text.replacingOccurrences(
                    of: "\"angleOffset\":\(Simpler.control.angleOffset)",
                    with: "\"angleOffset\":0.5"
                ).utf8))
        #expect(changed.controls.withoutEntanglement.angleOffset == 0.5)
        #expect(changed.controls.withoutEntanglement.circuitHash != Simpler.control.circuitHash)
        // Where the model's own circuit entangles nothing there is nothing simpler.
        changed = try JSONDecoder().decode(
            ModelBundle.self,
            from: Data(
                text.replacingOccurrences(
                    of: "\"entanglement\":\"full\"", with: "\"entanglement\":\"none\""
                ).utf8))
        #expect(changed.simplerCircuit == nil && own.bundle.simplerCircuit != nil)
    }

    // MARK: Admission

    /// A device on which a record takes 400 ms and 2, of the simpler circuit 5 ms and 0.5.
    private func admission(
        writesPrograms: Bool = false, allows: Bool = true
    ) -> Bench<Admission> {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.ladder.allowsSimplerCircuit = allows
        var bench = Bench(
            Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu",
                    writesPrograms: writesPrograms)))
        var status = QPUStatusMessage()
        status.device = "simulated-qpu"
        status.at = Clock.start
        status.serviceTimeMilliseconds = 400
        status.pricePerTask = 2
        status.fidelity = 0.5
        var figures = CircuitFigures()
        figures.pricePerTask = 0.5
        figures.serviceTimeMilliseconds = 5
        status.simplerCircuit = figures
        bench.control.take(status)
        return bench
    }

    @Test("is admitted where only that fits, and says so on the job and in the decision")
    func admitted() throws {
        var bench = admission()
        let turn = bench.process(Input(.reduced, Sample.reduced("r")))
        let job = try #require(try turn.decoded(.jobs, JobMessage.self).first)
        #expect(job.downgrade == .simplerCircuit && job.circuit.equals(Simpler.name))
        #expect(job.circuitHash.equals(Simpler.hash) && job.shots == 256)
        let schema = try TopicFiles().schema("jobs")
        let value = try jsonObject(turn.on(.jobs)[0].value ?? [])
        #expect(SchemaValidator.problems(of: value, schema: schema).isEmpty)
        let verdict = try turn.decoded(.verdicts, ClassicalVerdictMessage.self)[0]
        #expect(verdict.admitted && verdict.reason == .accepted)
        #expect(verdict.decision?.downgrade == "simplerCircuit" && verdict.decision?.price == 0.5)
        #expect(verdict.decision?.serviceMilliseconds == 5)
        // The same record's job of the model's own circuit is another job.
        var whole = admission()
        whole.control.devices = []
        let other = try whole.process(Input(.reduced, Sample.reduced("r")))
            .decoded(.jobs, JobMessage.self)[0]
        #expect(
            other.downgrade == .none && other.circuitHash.equals(Training.model.circuitHash.slice))
        #expect(other.job != job.job)
        var strict = admission(allows: false)
        let refused = strict.process(Input(.reduced, Sample.reduced("r")))
        #expect(refused.on(.jobs).isEmpty)
    }

    @Test("is told to a device of somebody else's without a gate on two qubits, with its own head")
    func program() throws {
        var bench = admission(writesPrograms: true)
        let turn = bench.process(Input(.reduced, Sample.reduced("r")))
        let job = try #require(try turn.decoded(.jobs, JobMessage.self).first)
        let circuit = try Circuit(openQASM: try #require(job.qasm).string)
        #expect(circuit.operations.allSatisfy { $0.qubits.count < 2 })
        let state = try DenseState.run(circuit)
        let found = CircuitTemplates.strings(qubits: 2).map { state.expectation(PauliString($0)) }
        let wanted = Simpler.expectations(of: [0.4, -0.9])
        #expect(largestDifference(found, wanted) < 1e-10)
        #expect(job.weights == Simpler.control.head.weights)
    }

    // MARK: Enrichment

    private func enrichment(
        _ change: (inout SimulatedQPUConfiguration) -> Void = { _ in }
    ) throws -> Bench<Enrichment> {
        var device = SimulatedQPUConfiguration()
        device.servicePerRecord = .milliseconds(10)
        change(&device)
        return Bench(
            Enrichment(
                EnrichmentSettings(batchSize: 8, heartbeat: .milliseconds(100)),
                backend: try SimulatedQPU(device, start: Clock.start)))
    }

    @Test("is measured on that circuit, whose weights make the head's value")
    func measured() throws {
        var bench = try enrichment()
        var job = Simpler.job("r", number: 1)
        job.shots = 40_000
        _ = bench.process(Input(.jobs, job))
        _ = bench.tick()
        let found = try bench.tick(after: 10).decoded(.measurements, MeasurementMessage.self)
        let measured = try #require(found.first)
        #expect(measured.status == .ok && measured.downgrade == .simplerCircuit)
        #expect(measured.circuitHash.equals(Simpler.hash))
        let wanted = Simpler.expectations(of: [0.4, -0.9])
        for (value, exact) in zip(measured.expectations, wanted) {
            let error = (max(1 - exact * exact, 1e-6) / 40_000).squareRoot()
            #expect(abs(value - exact) < 5 * error)
        }
        let sum = zip(Simpler.control.head.weights, measured.expectations)
            .reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(measured.headValue - sum) < 1e-9 && measured.headStandardError > 0)
    }

    @Test("shares batches with its like only, however the two circuits alternate")
    func batches() throws {
        var bench = try enrichment()
        let jobs = (0..<8).map { number in
            let id = UInt64(number + 1)
            return Input(
                .jobs,
                number.isMultiple(of: 2)
                    ? Sample.job("j\(number)", number: id) : Simpler.job("j\(number)", number: id),
                offset: Int64(number))
        }
        _ = bench.process(jobs)
        var turns = [bench.tick()]
        for _ in 0..<10 { turns.append(bench.tick(after: 20)) }
        let found = try turns.flatMap { try $0.decoded(.measurements, MeasurementMessage.self) }
        #expect(found.count == 8 && found.allSatisfy { $0.status == .ok })
        let alone = Set(found.map { "\($0.circuitHash.string) \($0.downgrade)" })
        #expect(alone.count == 2)
        let outcomes = try turns.flatMap { try $0.decoded(.qpuStatus, QPUStatusMessage.self) }
            .flatMap(\.outcomes)
        #expect(outcomes.map(\.records) == [4, 4])
        #expect(outcomes.map(\.downgrade) == [.none, .simplerCircuit])
    }

    @Test("is priced and timed by its own gates, and leaves the figures of the model's own alone")
    func figures() throws {
        var book = PriceBook()
        book.perTask = 100_000
        book.perTwoQubitGateShot = 1_000
        var bench = try enrichment { [book] in
            $0.priceBook = book
            $0.shotTiming = ShotTiming(readoutNanoseconds: 0, resetNanoseconds: 0)
        }
        let before = try #require(
            try bench.tick().decoded(.qpuStatus, QPUStatusMessage.self).first)
        _ = bench.process(Input(.jobs, Simpler.job("r", number: 1)))
        var after: QPUStatusMessage?
        for _ in 0..<4 {
            after =
                try bench.tick(after: 50).decoded(.qpuStatus, QPUStatusMessage.self).last
                ?? after
        }
        let status = try #require(after)
        #expect(status.completed == 1)
        for status in [before, status] {
            let simpler = try #require(status.simplerCircuit)
            // Two CX on one pair in each of two repetitions; none without entanglement.
            #expect(status.pricePerTask == 0.1 && simpler.pricePerTask == 0.1)
            #expect(abs((status.pricePerShot ?? 0) - 0.004) < 1e-9 && simpler.pricePerShot == 0)
            // 256 shots of 4 CX of 300 ns, and single-qubit layers of 35 ns.
            #expect(status.serviceTimeMilliseconds > 256 * 4 * 300e-6)
            #expect(simpler.serviceTimeMilliseconds > 0)
            #expect(simpler.serviceTimeMilliseconds <= 256 * 4 * 35e-6 + 1e-3)
        }
        // A device of fixed times and prices has nothing to gain, and says so.
        var fixed = try enrichment { $0.price = DevicePrice(perTask: 0.25) }
        let plain = try #require(try fixed.tick().decoded(.qpuStatus, QPUStatusMessage.self).first)
        let figures = try #require(plain.simplerCircuit)
        #expect(figures.serviceTimeMilliseconds == plain.serviceTimeMilliseconds)
        #expect(figures.pricePerTask == plain.pricePerTask)
    }

    // MARK: Confidence

    @Test(
        "is scored by its own head and calibration, whether or not a worker carried the word on",
        arguments: [true, false])
    func scored(carriesWord: Bool) throws {
        var measurement = Simpler.measurement("r", head: 0.5, error: 0.01)
        if !carriesWord { measurement.downgrade = .none }
        var bench = Bench(try Confidence())
        let turn = bench.process(Input(.measurements, measurement))
        let verdict = try turn.decoded(.verdicts, QuantumVerdictMessage.self)[0]
        let estimate = try #require(verdict.estimate)
        // score = 1/(1 + e^−(a·(b + w·z) + c)), its error by the delta method s(1 − s)·a·σ.
        let head = Simpler.control.head
        let logit = head.platt.slope * (head.intercept + 0.5) + head.platt.offset
        let score = 1 / (1 + exp(-logit))
        #expect(abs(estimate.score - score) < 1e-9)
        let error = score * (1 - score) * head.platt.slope * 0.01
        #expect(abs(estimate.standardError - error) < 1e-9)
        let other = Training.model.bundle.head
        let wrong =
            1 / (1 + exp(-(other.platt.slope * (other.intercept + 0.5) + other.platt.offset)))
        #expect(abs(estimate.score - wrong) > 1e-3)
        #expect(verdict.downgrade == .simplerCircuit && verdict.circuitHash.equals(Simpler.hash))
        if verdict.action == .reject {
            #expect(verdict.reason == .disagreement || verdict.reason == .lowConfidence)
        } else {
            #expect(verdict.reason == .downgraded)
        }
        let schema = try TopicFiles().schema("verdicts")
        let value = try jsonObject(turn.on(.verdicts)[0].value ?? [])
        #expect(SchemaValidator.problems(of: value, schema: schema).isEmpty)
    }

    @Test("has no score where the measured circuit is none of the model's")
    func unknownCircuit() throws {
        var measurement = Simpler.measurement("r", head: 0.5, error: 0.01)
        measurement.circuitHash = kept("0123456789abcdef")
        var bench = Bench(try Confidence())
        let verdict = try bench.process(Input(.measurements, measurement))
            .decoded(.verdicts, QuantumVerdictMessage.self)[0]
        #expect(verdict.reason == .backendFailed && verdict.estimate == nil)
    }

    @Test(
        "gives accepted and blended verdicts their own reason, of fewer shots too, and no others",
        arguments: Downgrade.allCases)
    func reasons(downgrade: Downgrade) {
        for reason in ReasonCode.allCases {
            let isServed = reason == .accepted || reason == .blended
            let wanted = isServed && downgrade != .none ? .downgraded : reason
            #expect(reason.of(downgrade) == wanted)
        }
    }

    // MARK: Fallback and shadow

    @Test(
        "is served with its degradation in the reason and what was taken off in the provenance",
        arguments: [VerdictAction.use, .blend])
    func served(action: VerdictAction) throws {
        var bench = Bench(try Fallback())
        _ = bench.process(Input(.verdicts, Sample.classical("r")))
        let turn = bench.process(
            Input(.verdicts, Simpler.verdict("r", action: action), offset: 50))
        let score = try #require(try turn.decoded(.scores, ScoreMessage.self).first)
        #expect(score.reason == .downgraded)
        #expect(score.source == (action == .use ? .quantum : .blend))
        #expect(score.provenance?.downgrade == .simplerCircuit)
        #expect(score.provenance?.circuitHash.equals(Simpler.hash) == true)
        let schema = try TopicFiles().schema("scores")
        let value = try jsonObject(turn.on(.scores)[0].value ?? [])
        #expect(SchemaValidator.problems(of: value, schema: schema).isEmpty)
    }

    @Test("is compared, but counts in no statistic and no evidence, with or without a label")
    func compared() throws {
        var settings = EvidenceSettings()
        settings.interval = .milliseconds(100)
        var bench = Bench(try Shadow(evidence: settings))
        var label = LabelMessage()
        label.id = kept("simple")
        label.label = 0
        let turn = bench.process([
            Input(.verdicts, Sample.classical("simple"), offset: 0),
            Input(.verdicts, Simpler.verdict("simple"), offset: 1),
            Input(.labels, label),
        ])
        let pair = try #require(try turn.decoded(.comparisons, ComparisonMessage.self).first)
        #expect(pair.quantumScore == 0.2 && pair.flip && pair.downgrade == .simplerCircuit)
        #expect(pair.pairs == 0 && pair.reason == .downgraded)
        #expect(bench.tick(after: 200).on(.evidence).isEmpty)
        // Fewer shots are the model's own circuit all the same.
        var fewer = Sample.quantum("fewer", reason: .downgraded)
        fewer.downgrade = .fewerShots
        let counted = bench.process([
            Input(.verdicts, Sample.classical("fewer"), offset: 2),
            Input(.verdicts, fewer, offset: 3),
        ])
        let second = try #require(try counted.decoded(.comparisons, ComparisonMessage.self).first)
        #expect(second.pairs == 1 && second.downgrade == .fewerShots)
        #expect(bench.tick(after: 200).on(.evidence).count == 1)
    }
}
