import Contracts
import Determinism
import Models
import Policies
import Stages
import TestSupport
import Testing

@Suite("Ingestion")
struct IngestionTests {
    private func code(_ change: (inout Input) -> Void) -> String? {
        var input = Input(.records, value: Array(IngestionFuzzTests.record.utf8))
        change(&input)
        var bench = Bench(Ingestion(maximumRecordBytes: 1_000))
        let turn = bench.process(input)
        return turn.messages.count == 1 ? turn.messages[0].header("tandem-error-code") : "many"
    }

    @Test("refuses messages that are no record at all, before reading them")
    func envelopes() {
        #expect(code { _ in } == nil)
        #expect(code { $0.key = nil } == "missingKey")
        #expect(code { $0.key = [] } == "missingKey")
        #expect(code { $0.value = nil } == "emptyValue")
        #expect(code { $0.value = [] } == "emptyValue")
        #expect(
            code { $0.value = $0.value.map { $0 + [UInt8](repeating: 32, count: 1_000) } }
                == "oversize")
        #expect(code { $0.value = [0xFF] } == "malformedJSON")
    }

    @Test("starts a record's latency budget at its arrival, never in the future or before 1970")
    func arrival() throws {
        var bench = Bench<Ingestion>()
        let start = Clock.start
        for (sent, wanted) in [
            (start - .seconds(3), start - .seconds(3)), (start + .seconds(60), start),
            (Timestamp(milliseconds: -1), start),
            (Timestamp(milliseconds: -90_000_000_000_000), start),
        ] {
            var input = Input(.records, value: Array(IngestionFuzzTests.record.utf8))
            input.timestamp = sent
            let message = try bench.process(input).decoded(.features, FeaturesMessage.self)[0]
            #expect(message.receivedAt == wanted)
        }
    }

    @Test("writes features in the model's order under the model's name, and counts unknown fields")
    func order() throws {
        var bench = Bench<Ingestion>()
        let text = #"{"features":{"gamma":3,"alpha":1,"beta":2},"id":"r","x":1,"y":2}"#
        let turn = bench.process(Input(.records, value: Array(text.utf8)))
        let message = try turn.decoded(.features, FeaturesMessage.self)[0]
        #expect(message.features == [1, 2, 3] && message.id.string == "r")
        #expect(message.model.string == Training.identity.string)
        #expect(bench.stage.counters.ignored == 2)
    }
}

@Suite("Reduction")
struct ReductionTests {
    @Test("keeps a record's own classical score, and gives the baseline's to one without")
    func scores() throws {
        var bench = Bench(ReductionStage())
        var own = Sample.features("own")
        own.classicalScore = 0.123
        own.context.tenant = kept("t")
        own.context.value = 7
        let turn = bench.process([
            Input(.features, own), Input(.features, Sample.features("high", [1, 1, 0])),
            Input(.features, Sample.features("low", [-1, -1, 0])),
        ])
        let messages = try turn.decoded(.reduced, ReducedMessage.self)
        #expect(messages.map(\.id.string) == ["own", "high", "low"])
        #expect(messages[0].classicalScore == 0.123 && messages[0].classicalModel == .record)
        #expect(messages[0].context.tenant?.string == "t" && messages[0].context.value == 7)
        #expect(messages[1].classicalModel == .baseline && messages[1].classicalScore > 0.8)
        #expect(messages[2].classicalModel == .baseline && messages[2].classicalScore < 0.2)
        #expect(messages.allSatisfy { $0.components.count == 2 })
    }

    @Test("gives a record the model's own components, whatever stands beside it in the batch")
    func components() throws {
        let reduction = Training.model.bundle.reduction()
        var (standardised, wanted): ([Double], [Double]) = ([], [])
        let values = [0.5, -0.25, 0.125]
        reduction.reduce(values.span, standardised: &standardised, components: &wanted)
        var bench = Bench(ReductionStage())
        let turn = bench.process([
            Input(.features, Sample.features("x", [9, 9, 9])),
            Input(.features, Sample.features("y")),
        ])
        #expect(try turn.decoded(.reduced, ReducedMessage.self)[1].components == wanted)
    }

    @Test("stays within the contract for the largest and smallest features there are")
    func extremes() throws {
        let schema = try TopicFiles().schema("reduced")
        let huge = Double.greatestFiniteMagnitude
        var bench = Bench(ReductionStage())
        for values in [
            [huge, huge, huge], [-huge, huge, -huge], [.leastNonzeroMagnitude, -0.0, 1e300],
        ] as [[Double]] {
            let turn = bench.process(Input(.features, Sample.features("x", values)))
            let object = try jsonObject(turn.on(.reduced)[0].value ?? [])
            #expect(SchemaValidator.problems(of: object, schema: schema).isEmpty)
        }
    }

    @Test("rejects what it cannot read, and records of another width, with the original bytes")
    func rejects() {
        var bench = Bench(ReductionStage())
        let bad = Input(.features, value: Array("{\"id\":".utf8))
        let narrow = Input(.features, Sample.features("n", [1, 2]))
        let turn = bench.process([bad, narrow, Input(.features, value: nil)])
        let codes = turn.messages.map { $0.header("tandem-error-code") }
        #expect(codes == ["malformedJSON", "featureCount", "malformedJSON"])
        #expect(turn.messages[0].value == bad.value && turn.messages[1].value == narrow.value)
        #expect(bench.stage.counters.rejected == 3)
    }
}

@Suite("Admission")
struct AdmissionStageTests {
    private func bench(
        _ change: (inout AdmissionPolicy) -> Void = { _ in }
    ) -> Bench<Admission> {
        var policy = AdmissionPolicy()
        policy.mode = .live
        change(&policy)
        return Bench(
            Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu")))
    }

    private func status(_ change: (inout QPUStatusMessage) -> Void = { _ in }) -> QPUStatusMessage {
        var status = QPUStatusMessage()
        status.device = "simulated-qpu"
        status.at = Clock.start
        status.serviceTimeMilliseconds = 1
        change(&status)
        return status
    }

    @Test("writes the verdict and the job of an admitted record under its id")
    func admitted() throws {
        var bench = bench()
        var input = Input(.reduced, Sample.reduced("r1"))
        input.headers = [MessageHeader("traceparent", "00-1")]
        let turn = bench.process(input)
        #expect(turn.messages.map(\.topic) == [.verdicts, .jobs])
        #expect(
            turn.messages.allSatisfy { $0.key == Array("r1".utf8) && $0.headers == input.headers })
        let verdict = try turn.decoded(.verdicts, ClassicalVerdictMessage.self)[0]
        #expect(verdict.admitted && verdict.reason == .accepted && verdict.propensity == 1)
        #expect(verdict.deadline == Clock.start + .milliseconds(250))
        let job = try turn.decoded(.jobs, JobMessage.self)[0]
        #expect(job.components == [0.4, -0.9] && job.shots == 256)
        #expect(job.seed == StableHash.mix(job.job))
        #expect(job.circuitHash.string == Training.model.circuitHash.slice.string)
    }

    @Test("gives the same record the same job, and any other another")
    func jobIdentity() throws {
        var changed = Sample.reduced("r1")
        changed.components[1].negate()
        var otherModel = Sample.reduced("r1")
        otherModel.model = Training.other.identity.slice
        let records = [
            Sample.reduced("r1"), Sample.reduced("r1"), Sample.reduced("r2"), changed, otherModel,
        ]
        // Each by an instance of its own: one would decide an id only once.
        let jobs = try records.flatMap { record in
            var bench = bench()
            bench.control.remember(Training.other)
            return try bench.process(Input(.reduced, record)).decoded(.jobs, JobMessage.self)
                .map(\.job)
        }
        #expect(jobs.count == 5 && jobs[0] == jobs[1])
        #expect(Set(jobs).count == 4)
    }

    @Test("decides an id once, until it is forgotten")
    func copies() throws {
        var bench = bench()
        let copy = Input(.reduced, Sample.reduced("r1"))
        #expect(bench.process([copy, copy]).messages.map(\.topic) == [.verdicts, .jobs])
        #expect(bench.process(copy).messages.isEmpty)
        #expect(bench.stage.counters.ignored == 2)
        bench.stage.reset()
        #expect(bench.process(copy).messages.map(\.topic) == [.verdicts, .jobs])
    }

    @Test(
        "writes a verdict with its reason, and no job, for every decision against",
        arguments: [
            ReasonCode.killSwitch, .modeOff, .restrictedData, .certain, .lowValue, .backendFailed,
            .queueTooLong, .rateLimited, .concurrencyLimited, .sampledOut,
        ])
    func refusals(reason: ReasonCode) throws {
        var record = Sample.reduced("r")
        var bench = bench { policy in
            switch reason {
            case .certain: policy.uncertaintyBand = 0.9...1
            case .lowValue: policy.minimumValue = 10
            case .rateLimited:
                policy.rateLimit = try? RateLimit(tokens: 1, per: .seconds(1_000), burst: 1)
            case .concurrencyLimited: policy.concurrencyLimit = 1
            case .sampledOut: policy.insideFraction = 0
            default: break
            }
        }
        switch reason {
        case .killSwitch: bench.control.killSwitch = true
        case .modeOff: bench.control.mode = .off
        case .restrictedData: record.context.dataClass = .restricted
        case .lowValue: record.context.value = 1
        case .backendFailed: bench.control.devices = [status { $0.state = .outage }]
        case .queueTooLong: bench.control.devices = [status { $0.waitMilliseconds = 1_000 }]
        case .rateLimited, .concurrencyLimited:
            #expect(bench.process(Input(.reduced, Sample.reduced("first"))).on(.jobs).count == 1)
        default: break
        }
        let turn = bench.process(Input(.reduced, record))
        #expect(turn.on(.jobs).isEmpty)
        let verdict = try turn.decoded(.verdicts, ClassicalVerdictMessage.self)
        #expect(verdict.count == 1 && verdict[0].reason == reason && !verdict[0].admitted)
        #expect(bench.stage.counters.reasons[reason.ordinal] == 1)
    }

    @Test("takes the record's own latency budget, and the operator's mode over the configured one")
    func overrides() throws {
        var bench = bench()
        bench.control.mode = .shadow
        var record = Sample.reduced("r")
        record.context.latencyBudgetMilliseconds = 40
        let verdict = try bench.process(Input(.reduced, record))
            .decoded(.verdicts, ClassicalVerdictMessage.self)[0]
        #expect(verdict.deadline == Clock.start + .milliseconds(40))
        #expect(verdict.mode == .shadow)
    }

    @Test("writes on the verdict what it decided by, a refusal with its rule's two numbers")
    func decisionRecords() throws {
        var bench = bench { $0.minimumValue = 10 }
        bench.control.devices = [
            status {
                $0.waitMilliseconds = 40
                $0.queueDepth = 17
            }
        ]
        bench.now = Clock.start + .milliseconds(12)
        var poor = Sample.reduced("poor")
        poor.context.value = 1
        poor.context.priority = .high
        let verdicts = try bench.process([
            Input(.reduced, Sample.reduced("r")), Input(.reduced, poor),
        ]).decoded(.verdicts, ClassicalVerdictMessage.self)
        let admitted = try #require(verdicts[0].decision)
        #expect(admitted.decidedAt == bench.now && admitted.rule == nil)
        #expect(admitted.device?.string == "simulated-qpu" && admitted.shots == 256)
        #expect(admitted.statusWaitMilliseconds == 40 && admitted.statusAgeMilliseconds == 12)
        #expect(admitted.queueDepth == 17 && admitted.serviceMilliseconds == 1)
        #expect(admitted.remainingBudgetMilliseconds == 238 && admitted.deviceState == nil)
        let refused = try #require(verdicts[1].decision)
        #expect(refused.rule == "value" && refused.measured == 1 && refused.limit == 10)
        #expect(refused.priority == .high && refused.value == 1)
        // One more in flight than the first saw; the same policy, which another mode changes.
        #expect(refused.admittedSinceStatus == (admitted.admittedSinceStatus ?? 0) + 1)
        #expect(refused.policy == admitted.policy && admitted.policy != nil)
        bench.control.mode = .shadow
        let other = try bench.process(Input(.reduced, Sample.reduced("s")))
            .decoded(.verdicts, ClassicalVerdictMessage.self)[0]
        #expect(other.decision?.policy != admitted.policy)
    }

    @Test("is live for an operator's canary and in shadow for the others, record by record")
    func canary() throws {
        var bench = bench()
        bench.control.mode = .canary
        bench.control.canaryShare = 0.5
        let inputs = (0..<200).map { Input(.reduced, Sample.reduced("r\($0)")) }
        let modes = try bench.process(inputs).decoded(.verdicts, ClassicalVerdictMessage.self)
            .map(\.mode)
        let live = modes.filter { $0 == .live }.count
        #expect((60...140).contains(live) && modes.count == 200 && !modes.contains(.off))
    }

    @Test(
        "has the part of a rate that its partitions are of all, divided between tenants or not",
        arguments: [false, true])
    func ratePart(isShared: Bool) throws {
        let rate = try RateLimit(tokens: 80, burst: 80)
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.rateLimit = rate
        if isShared {
            policy.shares = SharePolicy()
            policy.shares?.rate = rate
        }
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu")
        settings.partitions = 8
        var bench = Bench(Admission(settings))
        bench.stage.own([(.reduced, 0), (.ledger, 0), (.reduced, 5)], now: Clock.start)
        let verdicts = try bench.process(
            (0..<100).map { Input(.reduced, Sample.reduced("r\($0)")) }
        ).decoded(.verdicts, ClassicalVerdictMessage.self)
        #expect(verdicts.count { $0.admitted } == 20)
        #expect(verdicts.count { $0.reason == .rateLimited } == 80)
        #expect(Set(verdicts.map { $0.decision?.policy }).count == 1)
        // Another part of it is not another policy.
        var other = Bench(Admission(settings))
        other.stage.own((0..<8).map { (.reduced, $0) }, now: Clock.start)
        let whole = try other.process(Input(.reduced, Sample.reduced("r")))
            .decoded(.verdicts, ClassicalVerdictMessage.self)
        #expect(whole[0].decision?.policy == verdicts[0].decision?.policy)
    }

    @Test("keeps a tenant's part of an instance's part of a rate from one that floods it")
    func rateShares() throws {
        let rate = try RateLimit(tokens: 80, burst: 80)
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.rateLimit = rate
        policy.shares = SharePolicy()
        policy.shares?.rate = rate
        policy.shares?.weights = ["a": 1, "b": 1]
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu")
        settings.partitions = 8
        var bench = Bench(Admission(settings))
        bench.stage.own([(.reduced, 0), (.reduced, 5)], now: Clock.start)
        let (a, b) = (OwnedBytes("a"), OwnedBytes("b"))
        let inputs = (0..<70).map { index in
            var record = Sample.reduced("r\(index)")
            record.context.tenant = index < 50 ? a.slice : b.slice
            return Input(.reduced, record)
        }
        let admitted = try bench.process(inputs).decoded(.verdicts, ClassicalVerdictMessage.self)
            .map(\.admitted)
        #expect(admitted.prefix(50).count { $0 } == 10 && admitted.suffix(20).count { $0 } == 10)
        withExtendedLifetime((a, b)) {}
    }

    @Test("counts a bill that comes after the call was released, once")
    func lateBill() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var settings = AdmissionSettings(
            policy: policy, latencyBudget: .milliseconds(250), device: "simulated-qpu", shots: 256)
        settings.devices[0].price = CallPrice(perTask: 0.25)
        var limits = BudgetLimits(name: "two-calls", cap: Money(roundingUp: 0.5))
        limits.window = .total
        settings.budgets = try BudgetBook(
            [limits], partitions: 1, heartbeat: .milliseconds(100), now: Clock.start)
        var bench = Bench(Admission(settings))
        bench.stage.own([(.reduced, 0), (.ledger, 0)], now: Clock.start)
        let first = try #require(
            try bench.process(Input(.reduced, Sample.reduced("a")))
                .decoded(.jobs, JobMessage.self).first)
        #expect(first.maximumCost == 0.25)
        // One instance fails the job; its successor runs it, and the device wants its money.
        for (state, cost) in [
            (LedgerMessage.State.released, 0), (.settled, 0.25), (.settled, 0.25),
        ] {
            var entry = LedgerMessage()
            entry.job = first.job
            entry.id = first.id
            entry.state = state
            entry.cost = cost
            entry.device = first.device
            entry.at = bench.now
            _ = bench.process(Input(.ledger, entry))
        }
        let reasons = try ["b", "c"].map { id in
            try bench.process(Input(.reduced, Sample.reduced(id)))
                .decoded(.verdicts, ClassicalVerdictMessage.self)[0].reason
        }
        #expect(reasons == [.accepted, .budgetExhausted])
    }

    @Test("survives a status with absurd numbers", arguments: [1e308, 1e18, 0.0])
    func absurdStatus(number: Double) {
        var bench = bench { $0.takesInFlightFromStatus = true }
        bench.control.devices = [
            status {
                $0.waitMilliseconds = number
                $0.serviceTimeMilliseconds = number
                $0.queueDepth = 1 << 53
            }
        ]
        let turn = bench.process([
            Input(.reduced, Sample.reduced("a")), Input(.reduced, Sample.reduced("b")),
        ])
        #expect(turn.on(.verdicts).count == 2)
    }
}
