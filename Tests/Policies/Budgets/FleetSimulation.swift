import Contracts
import Determinism
import Policies

/// Three admission instances over some data partitions under one seed: they buy calls, die, come
/// back, work on though the group has given their partitions away, hear of each other late, and have
/// clocks that differ.
///
/// What the log shows is `FleetChecker`'s to judge.
struct FleetSimulation {
    struct Workload: Sendable {
        var partitions = 8
        /// Calls offered per step and partition, at most; only to the hot ones if there are any.
        var intensity = 3
        var hot: [Int] = []
        var hasFaults = true
        var changesCaps = true
        var rate: RateLimit?
    }

    let workload: Workload
    let fault: PlantedFault?
    private(set) var log: FleetLog
    private(set) var checker: FleetChecker
    private(set) var limits: [BudgetLimits]
    private var instances: [FleetInstance] = []
    private var random: RandomStream
    private var owner: [Int?]
    private var generation = 0
    private var rebalanceAt: Timestamp?
    private(set) var now: Timestamp
    private var capChanges: [(at: Timestamp, limits: [BudgetLimits])] = []
    private var graceEnds: Timestamp?
    private(set) var counts = (kills: 0, zombies: 0, aborts: 0, commits: 0, refused: 0)

    /// Half of the largest difference between two clocks.
    private static let skew: Int64 = 700_000
    private static let largestDelay = TimeSpan.milliseconds(900)

    init(
        _ limits: [BudgetLimits], _ workload: Workload, seed: UInt64, start: Timestamp,
        fault: PlantedFault? = nil
    ) throws {
        self.limits = limits
        self.workload = workload
        self.fault = fault
        random = RandomStream(seed: seed)
        now = start
        log = FleetLog(partitions: workload.partitions)
        checker = FleetChecker(limits, partitions: workload.partitions)
        owner = Array(repeating: nil, count: workload.partitions)
        capChanges = [(start, limits)]
        for _ in 0..<3 { instances.append(try fresh()) }
        rebalance()
    }

    private mutating func draw(_ bound: Int64) -> Int64 {
        Int64(random.next() % UInt64(max(1, bound)))
    }

    private mutating func chance(_ probability: Double) -> Bool { random.uniform() < probability }

    private mutating func fresh() throws -> FleetInstance {
        let offset = TimeSpan(microseconds: draw(2 * Self.skew) - Self.skew)
        let book = try BudgetBook(
            limits, partitions: workload.partitions, now: now + offset)
        let shares = try ShareLedger(
            "rate", partitions: workload.partitions,
            clockSkew: .microseconds(2 * Self.skew))
        return FleetInstance(offset: offset, book: book, shares: shares)
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps where checker.problems.isEmpty { try step() }
    }

    /// One step: time passes, something may go wrong, every instance that runs takes a turn.
    mutating func step() throws {
        now = now + .microseconds(20_000 + draw(160_000))
        if workload.hasFaults { try breakSomething() }
        changeCaps()
        if let at = rebalanceAt, now >= at { rebalance() }
        for index in instances.indices { try turn(index) }
        comeBack()
        checker.check(log)
        checkShares()
    }

    // MARK: Faults

    private mutating func breakSomething() throws {
        let victim = Int(draw(3))
        if chance(0.01), instances[victim].deadUntil == nil {
            counts.kills += 1
            instances[victim].reset()
            instances[victim].deadUntil = now + .microseconds(500_000 + draw(5_000_000))
            rebalanceAt = rebalanceAt ?? now + .microseconds(draw(2_000_000))
        }
        // The group holds it for dead; it knows nothing of it and works on.
        if chance(0.005), instances[victim].deadUntil == nil {
            counts.zombies += 1
            rebalance(without: victim)
            rebalanceAt = now + .microseconds(1_000_000 + draw(2_000_000))
        }
    }

    /// Gives the partitions to those that run, each of which first ends its transaction; what the
    /// others have open can no longer be committed.
    private mutating func rebalance(without zombie: Int? = nil) {
        let alive = instances.indices.filter { instances[$0].deadUntil == nil && $0 != zombie }
        guard !alive.isEmpty else { return }
        for index in alive { conclude(index) }
        generation += 1
        rebalanceAt = nil
        let turn = Int(draw(3))
        for index in alive {
            let place = alive.firstIndex(of: index) ?? 0
            let mine = (0..<workload.partitions).filter {
                ($0 * alive.count / workload.partitions + turn) % alive.count == place
            }
            for partition in mine { owner[partition] = index }
            instances[index].assign(mine, generation: generation, log, now: now, fault)
        }
    }

    private mutating func changeCaps() {
        if let end = graceEnds, now >= end {
            graceEnds = nil
            for budget in limits.indices {
                let gone = checker.spent(budget).values.max() ?? .zero
                checker.ceilings[budget] = max(limits[budget].cap, gone)
            }
        }
        guard workload.changesCaps, graceEnds == nil, chance(0.01) else { return }
        let budget = Int(draw(Int64(limits.count)))
        let factor = 500 + draw(1_000)
        limits[budget].cap = Money(millionths: limits[budget].cap.millionths / 1_000 * factor)
        limits[budget].version = now.milliseconds
        capChanges.append((now, limits))
        checker.ceilings[budget] = max(checker.ceilings[budget], limits[budget].cap)
        graceEnds = now + .seconds(6 as Int64)
    }

    // MARK: One instance

    private mutating func turn(_ index: Int) throws {
        if let until = instances[index].deadUntil {
            guard now >= until else { return }
            instances[index] = try fresh()
            instances[index].generation = -1
            rebalanceAt = rebalanceAt ?? now
            return
        }
        let delay = TimeSpan(microseconds: draw(Self.largestDelay.microseconds))
        instances[index].follow(log, until: now - delay, fault)
        while instances[index].capSeen + 1 < capChanges.count,
            capChanges[instances[index].capSeen + 1].at <= now - delay
        {
            instances[index].capSeen += 1
            try instances[index].book.adopt(capChanges[instances[index].capSeen].limits)
        }
        let clock = instances[index].clock(now)
        instances[index].book.advance(to: clock)
        for partition in instances[index].mine { work(index, partition, clock) }
        if workload.rate != nil, chance(0.3) {
            let use = (0..<workload.partitions).map { workload.hot.contains($0) ? 1.5 : 0.1 }
            instances[index].lend(use, now: clock)
        }
        instances[index].book.tick(now: clock)
        instances[index].entries += instances[index].book.takeEntries()
        if chance(0.4) { conclude(index) }
    }

    private mutating func work(_ index: Int, _ partition: Int, _ clock: Timestamp) {
        for call in log.returned[partition] where !instances[index].settled.contains(call) {
            instances[index].book.settle(
                log.calls[call].reservation, actual: log.calls[call].actual)
            instances[index].settled.append(call)
        }
        let isHot = workload.hot.isEmpty || workload.hot.contains(partition)
        for _ in 0..<(isHot ? draw(Int64(workload.intensity) + 1) : 0) {
            buy(index, partition, clock)
        }
    }

    private mutating func buy(_ index: Int, _ partition: Int, _ clock: Timestamp) {
        let tenant = ["a", "b"][Int(draw(2))]
        let device = ["p", "q"][Int(draw(2))]
        let subject = BudgetSubject(tenant: tenant, model: "m", device: device)
        let estimate = Money(millionths: 1 + draw(999_999))
        let answer = instances[index].book.decide(
            partition: partition, subject, estimate: estimate, worth: .unknown,
            draw: random.uniform())
        guard answer.isAffordable else {
            counts.refused += 1
            return
        }
        if let rate = workload.rate, !instances[index].takeToken(rate, now: clock) { return }
        guard
            let reservation = instances[index].book.reserve(
                partition: partition, subject, estimate: estimate, now: clock)
        else { return }
        var windows: [Int: Int64] = [:]
        for budget in limits.indices where reservation.budgets & (1 << UInt64(budget)) != 0 {
            windows[budget] =
                instances[index].book.standing(of: budget, partition: partition)?
                .window
        }
        instances[index].bought.append(
            FleetCall(
                partition: partition, tenant: tenant, device: device, estimate: estimate,
                actual: Money(millionths: draw(estimate.millionths + 1)), reservation: reservation,
                windows: windows, at: now))
    }

    /// Commits what the instance has open, or, if the group has moved on, aborts it: then it joins
    /// again.
    private mutating func conclude(_ index: Int) {
        let instance = instances[index]
        guard instance.deadUntil == nil, instance.generation >= 0 else { return }
        let isStale = instance.mine.contains { owner[$0] != index }
        let dies = workload.hasFaults && chance(0.05)
        guard !isStale, !dies else {
            counts.aborts += 1
            let partitions = instance.mine.filter { owner[$0] == index }
            if isStale {
                instances[index].reset()
                instances[index].generation = -1
                rebalanceAt = rebalanceAt ?? now
            } else {
                instances[index].assign(
                    partitions, generation: instance.generation, log, now: now, fault)
            }
            return
        }
        counts.commits += 1
        log.commit(instance.entries, instance.lent, instance.bought, instance.settled, at: now)
        instances[index].entries = []
        instances[index].lent = []
        instances[index].bought = []
        instances[index].settled = []
    }

    /// Some calls that are out come back.
    private mutating func comeBack() {
        guard !log.calls.isEmpty else { return }
        for _ in 0..<6 {
            let call = Int(draw(Int64(log.calls.count)))
            let partition = log.calls[call].partition
            if !log.calls[call].isSettled, !log.returned[partition].contains(call) {
                log.returned[partition].append(call)
            }
        }
    }

    /// What those that can commit may use of the rate limit is at most the limit.
    private mutating func checkShares() {
        var sum: Int64 = 0
        for instance in instances where instance.deadUntil == nil {
            guard instance.generation == generation else { continue }
            sum += instance.shares.parts(now: instance.clock(now))
        }
        if sum > ShareLedger.whole { checker.note("\(sum) parts of the rate are in use") }
    }

    mutating func finish() {
        if let rate = workload.rate { checker.checkRate(rate, log) }
    }
}
