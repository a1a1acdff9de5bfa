import QuantumBackends
import Contracts
import Determinism
import SimulatedTransport
import Stages
import Testing

/// Instances that die, stop, start and change partitions in mid-run.
@Suite struct RestartTests {
    private func scenario(_ seed: UInt64, _ mode: Mode) -> Scenario {
        var scenario = Scenario()
        scenario.seed = seed
        scenario.mode = mode
        scenario.records = 80
        scenario.addDelays()
        scenario.faults.restart = .milliseconds(10)...(.milliseconds(80))
        return scenario
    }

    private func finish(_ pipeline: SimulatedPipeline) throws -> Outcome {
        #expect(try pipeline.runUntilIdle(within: .seconds(60 as Int64)), "must come to rest")
        return try Outcome(pipeline.cluster)
    }

    private func expectNothingLost(
        _ outcome: Outcome, _ scenario: Scenario, allowsCrashes: Bool = false
    ) {
        let published = Set((0..<scenario.records).map(scenario.id))
        let accepted = scenario.acceptedIDs
        #expect(Checkers.oneScore(outcome, accepted: accepted, allowsDuplicates: true) == [])
        #expect(Checkers.conservation(outcome, published: published) == [])
        #expect(Checkers.ledger(outcome, allowsCrashes: allowsCrashes) == [])
        #expect(Checkers.comparisons(outcome, allowsDuplicates: true) == [])
        #expect(Checkers.lateNeverOverrides(outcome) == [])
    }

    @Test(
        "a crash of any stage at any call loses no record", arguments: StageName.allCases,
        Fixture.seeds)
    func crash(stage: StageName, seed: UInt64) throws {
        let mode: Mode = seed.isMultiple(of: 2) ? .live : .shadow
        let scenario = scenario(seed, mode)
        let pipeline = try scenario.pipeline()
        var draws = RandomStream(seed: seed, stream: StableHash.hash64(stage.rawValue))
        for _ in 0..<3 {
            let moment =
                pipeline.time.now() + .milliseconds(Int64.random(in: 5...160, using: &draws))
            let calls = UInt64.random(in: 1...12, using: &draws)
            pipeline.schedule(at: moment) { $0.crash(InstanceName(stage), afterCalls: calls) }
        }
        let outcome = try finish(pipeline)
        #expect(pipeline.counts(of: InstanceName(stage)).crashes > 0, "it must have died")
        expectNothingLost(outcome, scenario, allowsCrashes: true)
    }

    @Test(
        "crashes of all stages at random calls lose no record, and duplicates are few",
        arguments: Fixture.seeds)
    func chaos(seed: UInt64) throws {
        var scenario = scenario(seed, .live)
        scenario.faults.crash = 0.0003
        scenario.faults.sendFailure = 0.02
        scenario.faults.rebalance = 0.001
        scenario.faults.eviction = 0.0005
        scenario.faults.until = ManualTimeSource().now() + .seconds(2 as Int64)
        let pipeline = try scenario.pipeline()
        let outcome = try finish(pipeline)
        let counts = pipeline.totalCounts
        let doubled = outcome.scores.count - Set(outcome.scores.map(\.id)).count
        print(
            "chaos, seed \(seed): \(counts.crashes) crashes, \(counts.retries) retries, \(doubled) doubled"
        )
        #expect(counts.crashes + counts.retries > 0, "something must have gone wrong")
        expectNothingLost(outcome, scenario, allowsCrashes: true)
    }

    @Test(
        "a stage stopped and started again repeats nothing and loses nothing",
        arguments: StageName.allCases, [Mode.shadow, .live])
    func gracefulRestart(stage: StageName, mode: Mode) throws {
        for seed in Fixture.seeds {
            var scenario = scenario(seed, mode)
            scenario.device.servicePerRecord = .milliseconds(2)
            let pipeline = try scenario.pipeline()
            try pipeline.run(for: .milliseconds(70))
            if stage == .enrichment { try runUntilWorkIsInHand(pipeline) }
            pipeline.stop(InstanceName(stage))
            try pipeline.run(for: .milliseconds(15))
            try pipeline.start(InstanceName(stage))
            let outcome = try finish(pipeline)
            #expect(pipeline.counts(of: InstanceName(stage)).stops == 1)
            expectNothingLost(outcome, scenario)
            #expect(Checkers.oneScore(outcome, accepted: scenario.acceptedIDs) == [])
            #expect(Checkers.comparisons(outcome) == [])
            #expect(outcome.rejectedIDs.count == Set(outcome.rejectedIDs).count)
            #expect(outcome.measuredJobs.count == Set(outcome.measuredJobs).count)
            #expect(outcome.jobs.count == Set(outcome.jobs).count)
        }
    }

    /// The device is idle now and then; a restart then would show nothing.
    private func runUntilWorkIsInHand(_ pipeline: SimulatedPipeline) throws {
        for _ in 0..<500 where pipeline.openInputs(of: .enrichment) == 0 {
            try pipeline.run(for: .milliseconds(1))
        }
        #expect(pipeline.openInputs(of: .enrichment) > 0, "work must be in hand")
    }

    @Test(
        "two instances of every stage, scaled to three and back, lose and repeat nothing",
        arguments: Fixture.seeds, [Mode.shadow, .live])
    func scaling(seed: UInt64, mode: Mode) throws {
        var scenario = scenario(seed, mode)
        scenario.instances = 2
        let pipeline = try scenario.pipeline()
        try pipeline.run(for: .milliseconds(60))
        for stage in StageName.allCases { try pipeline.start(InstanceName(stage, 2)) }
        try pipeline.run(for: .milliseconds(40))
        for stage in StageName.allCases { pipeline.stop(InstanceName(stage, 0)) }
        let outcome = try finish(pipeline)
        expectNothingLost(outcome, scenario)
        #expect(Checkers.oneScore(outcome, accepted: scenario.acceptedIDs) == [])
        #expect(Checkers.comparisons(outcome) == [])
    }

    @Test(
        "rebalances and evictions in mid-run lose nothing", arguments: Fixture.seeds,
        [Mode.shadow, .live])
    func rebalances(seed: UInt64, mode: Mode) throws {
        var scenario = scenario(seed, mode)
        scenario.instances = 2
        let pipeline = try scenario.pipeline()
        let begin = pipeline.time.now()
        for (index, stage) in StageName.allCases.enumerated() {
            let moment = begin + .milliseconds(Int64(40 + 7 * index))
            pipeline.schedule(at: moment) { $0.forceRebalance(of: stage) }
            pipeline.schedule(at: moment + .milliseconds(40)) { $0.evict(InstanceName(stage, 1)) }
        }
        let outcome = try finish(pipeline)
        expectNothingLost(outcome, scenario)
    }

    @Test("jobs that come twice, one by one, are run and billed once")
    func repeatedJobs() throws {
        var scenario = scenario(1, .shadow)
        scenario.batchSize = 1
        scenario.records = 20
        let pipeline = try scenario.pipeline()
        _ = try finish(pipeline)
        let jobs = pipeline.cluster.records(of: .jobs)
        for job in jobs { pipeline.publish(to: .jobs, key: job.key, value: job.value) }
        let outcome = try finish(pipeline)
        #expect(jobs.count > 10 && outcome.measuredJobs.count == jobs.count)
        #expect(pipeline.openInputs(of: .enrichment) == 0)
        #expect(Checkers.ledger(outcome) == [])
    }
}
