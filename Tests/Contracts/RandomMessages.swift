import Contracts
import Determinism
import TestSupport

/// Messages with random values within their contracts.
protocol RandomMessage: TopicMessage {
    static var topic: Topic { get }
    /// Members that are computed on writing, and fields that are not written: not comparable.
    static var computed: Set<String> { get }
    static func random(_ draw: inout Draw) -> Self
}

extension RandomMessage {
    static var computed: Set<String> { [] }
}

extension Draw {
    fileprivate mutating func versioned() -> ByteSlice {
        kept("\(pick(["zz-feature-map", "z.map_2"]))@\(int(0...9)).0.\(int(0...99))")
    }

    fileprivate mutating func hash() -> ByteSlice { kept(String(word() | 1 << 63, radix: 16)) }

    fileprivate mutating func context() -> RecordContext {
        var context = RecordContext()
        context.tenant = optional { $0.slice(0...20) }
        context.priority = oneOf()
        context.value = optional { $0.positive() }
        context.latencyBudgetMilliseconds = optional { $0.int(1...86_400_000) }
        context.dataClass = oneOf()
        return context
    }

    fileprivate mutating func cached() -> CachedSource? {
        optional { CachedSource(job: $0.word(), measuredAt: $0.time()) }
    }

    fileprivate mutating func estimate() -> QuantumVerdictMessage.Estimate {
        QuantumVerdictMessage.Estimate(
            score: probability(), standardError: positive(), low: probability(),
            high: probability(), confidence: probability())
    }
}

extension FeaturesMessage: RandomMessage {
    static var topic: Topic { .features }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.receivedAt = draw.time()
        message.model = draw.slice()
        message.classicalScore = draw.optional { $0.probability() }
        message.context = draw.context()
        message.features = draw.numbers()
        return message
    }
}

extension ReducedMessage: RandomMessage {
    static var topic: Topic { .reduced }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.receivedAt = draw.time()
        message.model = draw.slice()
        message.classicalScore = draw.probability()
        message.classicalModel = draw.oneOf()
        message.context = draw.context()
        message.components = draw.numbers()
        return message
    }
}

extension JobMessage: RandomMessage {
    static var topic: Topic { .jobs }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.job = draw.word()
        message.receivedAt = draw.time()
        message.deadline = draw.time()
        message.classicalScore = draw.probability()
        message.shots = draw.int(1...1_000_000)
        message.seed = draw.word()
        message.circuit = draw.versioned()
        message.circuitHash = draw.hash()
        message.model = draw.slice()
        message.device = draw.slice()
        message.components = draw.numbers()
        if draw.int(0...1) == 1 {
            // At least one: an empty list of words and one of numbers look alike in JSON.
            message.qasm = draw.slice()
            message.weights = [draw.positive()] + draw.numbers()
            message.observables = message.weights.indices.map { kept("Z\($0)Z\($0 + 1)") }
        }
        message.downgrade = draw.oneOf()
        message.maximumCost = draw.optional { $0.positive() }
        return message
    }
}

extension MeasurementMessage: RandomMessage {
    static var topic: Topic { .measurements }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.job = draw.word()
        message.status = draw.oneOf()
        message.receivedAt = draw.time()
        message.deadline = draw.time()
        message.classicalScore = draw.probability()
        message.shots = draw.int(1...1_000_000)
        message.seed = draw.word()
        message.circuit = draw.versioned()
        message.circuitHash = draw.hash()
        message.model = draw.slice()
        message.device = draw.slice()
        message.calibration = draw.slice(0...20)
        message.submittedAt = draw.time()
        message.startedAt = draw.time()
        message.completedAt = draw.time()
        message.cost = draw.positive()
        if message.status == .ok {
            message.headValue = draw.double()
            message.headStandardError = draw.positive()
            message.expectations = (0..<draw.int(0...9)).map { _ in draw.probability() * 2 - 1 }
        } else {
            message.error = draw.slice()
        }
        message.downgrade = draw.oneOf()
        message.cached = draw.cached()
        return message
    }

    /// A failed measurement writes no head and no expectations.
    static var computed: Set<String> { ["head.value", "head.standardError", "expectations"] }
}

extension ClassicalVerdictMessage: RandomMessage {
    static var topic: Topic { .verdicts }
    static var computed: Set<String> { ["kind"] }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.score = draw.probability()
        message.classicalModel = draw.oneOf()
        message.model = draw.slice()
        message.receivedAt = draw.time()
        message.deadline = draw.time()
        message.admitted = draw.bool()
        message.reason = draw.oneOf()
        message.propensity = draw.probability()
        message.predictedWaitMilliseconds = draw.positive()
        message.mode = draw.oneOf()
        message.tenant = draw.optional { $0.slice(0...20) }
        message.decision = draw.optional { DecisionRecord.random(&$0) }
        return message
    }
}

extension DecisionRecord {
    fileprivate static func random(_ draw: inout Draw) -> Self {
        var record = Self()
        record.policy = draw.optional { $0.word() }
        record.decidedAt = draw.optional {
            Timestamp(microseconds: Int64($0.int(0...4_000_000_000_000_000)))
        }
        record.rule = draw.optional { $0.text() }
        record.measured = draw.optional { $0.double() }
        record.limit = draw.optional { $0.double() }
        record.device = draw.optional { $0.slice() }
        record.deviceState = draw.optional { $0.oneOf() }
        record.shots = draw.optional { $0.int(1...1_000_000) }
        record.price = draw.optional { $0.positive() }
        record.downgrade = draw.optional { $0.text() }
        record.value = draw.optional { $0.positive() }
        record.priority = draw.optional { $0.oneOf() }
        record.dataClass = draw.optional { $0.oneOf() }
        record.draw = draw.optional { $0.probability() }
        record.flipProbability = draw.optional { $0.probability() }
        record.expectedValue = draw.optional { $0.double() }
        record.lambda = draw.optional { $0.positive() }
        record.waitQuantileMilliseconds = draw.optional { $0.positive() }
        record.serviceMilliseconds = draw.optional { $0.positive() }
        record.remainingBudgetMilliseconds = draw.optional { $0.double() }
        record.statusWaitMilliseconds = draw.optional { $0.positive() }
        record.queueDepth = draw.optional { $0.int(0...1_000_000) }
        record.statusAgeMilliseconds = draw.optional { $0.positive() }
        record.admittedSinceStatus = draw.optional { $0.int(0...1_000_000) }
        record.inFlight = draw.optional { $0.int(0...1_000_000) }
        record.servers = draw.optional { $0.int(2...1_000) }
        return record
    }
}

extension QuantumVerdictMessage: RandomMessage {
    static var topic: Topic { .verdicts }
    static var computed: Set<String> { ["kind"] }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.job = draw.word()
        message.action = draw.oneOf()
        message.reason = draw.oneOf()
        if message.reason == .backendFailed {
            message.action = .reject
        } else {
            message.estimate = draw.estimate()
        }
        message.blendWeight = draw.probability()
        message.classicalScore = draw.probability()
        message.model = draw.slice()
        message.circuit = draw.versioned()
        message.circuitHash = draw.hash()
        message.device = draw.slice()
        message.calibration = draw.slice(0...20)
        message.shots = draw.int(1...1_000_000)
        message.seed = draw.word()
        message.cost = draw.positive()
        message.queueMilliseconds = draw.positive()
        message.serviceMilliseconds = draw.positive()
        message.receivedAt = draw.time()
        message.completedAt = draw.time()
        message.downgrade = draw.oneOf()
        message.cached = draw.cached()
        return message
    }
}

extension ScoreMessage: RandomMessage {
    static var topic: Topic { .scores }
    static var computed: Set<String> { ["latencyMs", "receivedAtMs"] }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.score = draw.probability()
        message.decision = draw.int(0...1)
        message.source = draw.oneOf()
        message.reason = draw.oneOf()
        message.mode = draw.oneOf()
        message.time = draw.time()
        message.receivedAt = message.time - .milliseconds(Int64(draw.int(0...100_000)))
        message.deadline = draw.time()
        message.classicalScore = draw.probability()
        message.classicalModel = draw.oneOf()
        message.model = draw.slice()
        if message.source != .classical || draw.bool() {
            message.quantum = draw.estimate()
            message.provenance = provenance(&draw)
        }
        return message
    }

    private static func provenance(_ draw: inout Draw) -> Provenance {
        var provenance = Provenance()
        provenance.circuit = draw.versioned()
        provenance.circuitHash = draw.hash()
        provenance.device = draw.slice()
        provenance.calibration = draw.slice(0...20)
        provenance.shots = draw.int(1...1_000_000)
        provenance.seed = draw.word()
        provenance.job = draw.word()
        provenance.cost = draw.positive()
        provenance.downgrade = draw.oneOf()
        provenance.cached = draw.cached()
        return provenance
    }
}

extension ComparisonMessage: RandomMessage {
    static var topic: Topic { .comparisons }
    static var computed: Set<String> { ["delta"] }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.classicalScore = draw.probability()
        message.quantumScore = draw.optional { $0.probability() }
        message.liveScore = draw.probability()
        message.flip = draw.bool()
        message.reason = draw.oneOf()
        message.quantumLatencyMilliseconds = draw.positive()
        message.queueMilliseconds = draw.positive()
        message.shots = draw.int(0...1_000_000)
        message.cost = draw.positive()
        message.propensity = draw.probability()
        message.device = draw.slice()
        message.calibration = draw.slice(0...20)
        message.model = draw.slice()
        message.label = draw.optional { $0.int(0...1) }
        message.pairs = draw.int(0...1_000_000)
        message.agreement = draw.probability()
        message.meanDelta = draw.probability() - 0.5
        message.deltaStandardDeviation = draw.probability()
        message.downgrade = draw.oneOf()
        message.cached = draw.cached()
        return message
    }
}

extension LabelMessage: RandomMessage {
    static var topic: Topic { .labels }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.id = draw.slice()
        message.label = draw.int(0...1)
        message.time = draw.optional { $0.time() }
        return message
    }
}

extension LedgerMessage: RandomMessage {
    static var topic: Topic { .ledger }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.job = draw.word()
        message.id = draw.slice()
        message.state = draw.oneOf()
        message.cost = draw.positive()
        message.device = draw.slice()
        message.at = draw.time()
        message.task = draw.optional { $0.word() }
        message.index = draw.optional { $0.int(0...1_000) }
        return message
    }
}

extension AdmissionStateMessage: RandomMessage {
    static var topic: Topic { .admissionState }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.at = draw.time()
        message.admitted = draw.bool()
        message.reservation = draw.optional {
            Self.Reservation(
                job: $0.word(), estimate: $0.int(0...1_000_000_000), tenant: $0.word(),
                model: $0.word(), device: $0.word())
        }
        return message
    }
}

extension BudgetStateMessage: RandomMessage {
    static var topic: Topic { .budgets }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.budget = draw.text()
        message.window = draw.int(0...1_000_000)
        message.cap = draw.int(0...1_000_000_000_000)
        message.version = draw.int(0...1_000_000_000_000)
        message.confirmed = draw.bool()
        message.settled = draw.int(0...1_000_000_000_000)
        message.reserved = draw.int(0...1_000_000_000_000)
        // At least one: an empty list of words and one of numbers look alike in JSON.
        message.granted = (0...draw.int(0...8)).map { _ in Double(draw.int(0...1 << 53)) }
        return message
    }
}

extension LeaseMessage: RandomMessage {
    static var topic: Topic { .leases }
    /// Of each kind some fields are not written.
    static var computed: Set<String> {
        ["to", "window", "spent", "cap", "version", "demand", "atMs"]
    }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self(draw.oneOf(), draw.text(), from: draw.int(0...99))
        message.parts = draw.int(0...1_000_000_000_000)
        if message.kind != .ask { message.to = draw.int(0...99) }
        if message.kind != .cession { message.window = draw.int(0...1_000_000) }
        if message.kind == .ask {
            message.spent = draw.int(0...1_000_000_000_000)
            message.cap = draw.int(0...1_000_000_000_000)
            message.version = draw.int(0...1_000_000_000_000)
            message.demand = draw.positive()
        }
        if message.kind != .credit { message.at = draw.time() }
        return message
    }
}

extension InstanceMessage: RandomMessage {
    static var topic: Topic { .instances }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.instance = draw.text(1...40)
        message.stage = draw.oneOf()
        message.at = draw.time()
        message.control = Int64(draw.int(-1...1_000_000_000))
        message.since = draw.time()
        message.policy = draw.optional { $0.word() }
        for _ in 0..<draw.int(0...3) { message.budgets.append(draw.text()) }
        message.limits = draw.pick([[], ["rate", "concurrency"], ["weight"]])
        for _ in 0..<draw.int(0...2) { message.tenants.append(draw.text()) }
        return message
    }
}

extension QPUStatusMessage: RandomMessage {
    static var topic: Topic { .qpuStatus }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.device = draw.text()
        message.at = draw.time()
        message.state = draw.oneOf()
        message.queueDepth = draw.int(0...1_000_000)
        message.waitMilliseconds = draw.positive()
        message.serviceTimeMilliseconds = draw.positive()
        message.calibration = draw.text(0...20)
        message.submitted = draw.int(0...1_000_000)
        message.completed = draw.int(0...1_000_000)
        message.failed = draw.int(0...1_000_000)
        guard draw.bool() else { return message }
        message.instance = draw.text()
        message.throttled = draw.int(0...1_000)
        message.outcomes = (0..<draw.int(0...QPUStatusMessage.maximumOutcomes)).map { _ in
            var outcome = DeviceOutcome()
            outcome.submittedAt = draw.time()
            outcome.queueDepth = draw.int(0...1_000_000)
            outcome.announcedMilliseconds = draw.positive()
            outcome.waitMilliseconds = draw.positive()
            outcome.runMilliseconds = draw.positive()
            outcome.records = draw.int(0...4_096)
            outcome.status = draw.oneOf()
            outcome.downgrade = draw.oneOf()
            return outcome
        }
        message.pricePerTask = draw.positive()
        message.pricePerShot = draw.bool() ? draw.positive() : nil
        message.throttledUntil = draw.bool() ? draw.time() : nil
        message.closures = (0..<draw.int(0...QPUStatusMessage.maximumClosures)).map { _ in
            let from = draw.time()
            return DeviceClosure(draw.oneOf(), from: from, until: from + .milliseconds(7))
        }
        message.fidelity = draw.bool() ? 0.5 : nil
        message.simplerCircuit = draw.bool() ? draw.figures() : nil
        message.cacheHits = draw.optional { $0.int(0...1_000_000) }
        message.cacheMisses = draw.optional { $0.int(0...1_000_000) }
        return message
    }
}

extension Draw {
    fileprivate mutating func figures() -> CircuitFigures {
        var figures = CircuitFigures()
        figures.pricePerTask = positive()
        figures.pricePerShot = positive()
        figures.serviceTimeMilliseconds = positive()
        figures.fidelity = bool() ? 0.25 : nil
        return figures
    }
}

extension ControlMessage: RandomMessage {
    static var topic: Topic { .control }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.setting = draw.oneOf()
        switch message.setting {
        case .killSwitch:
            message.value = draw.pick(["on", "off"])
            message.drill = draw.bool()
        case .mode:
            message.value = draw.pick(Mode.allCases.map(\.rawValue))
            if message.value == "canary" { message.percent = Double(draw.int(1...100)) }
        case .budget:
            message.name = draw.text(1...40)
            message.value = draw.pick(["off", "0", "12.50", "\(draw.int(0...1_000_000))"])
        case .limit:
            message.name = draw.pick(["rate", "concurrency", "weight/shop-7"])
            message.value = draw.pick(["off", "0.25", "\(draw.int(0...1_000_000))"])
        }
        message.by = draw.text()
        message.why = draw.text(0...40)
        message.at = draw.time()
        return message
    }
}

extension EvidenceMessage: RandomMessage {
    static var topic: Topic { .evidence }
    static func random(_ draw: inout Draw) -> Self {
        var message = Self()
        message.model = draw.text()
        message.partition = draw.int(0...999)
        message.at = draw.time()
        message.halfLifeMilliseconds = draw.int(1...1_000_000_000)
        message.binWidth = 0.25
        let bins = draw.int(1...Self.maximumBins)
        message.weight = sums(bins, &draw)
        message.squares = sums(bins, &draw)
        message.flips = sums(bins, &draw)
        message.right = sums(bins, &draw)
        message.wrong = sums(bins, &draw)
        message.labelledSquares = sums(bins, &draw)
        message.margin = draw.probability()
        message.alpha = draw.probability()
        message.labelled = draw.int(0...1_000_000)
        message.benefit = draw.double()
        message.benefitSquares = draw.positive()
        message.benefitVariation = draw.positive()
        message.logBetter = draw.double()
        message.logWorse = draw.double()
        message.logNoBetter = draw.double()
        message.verdict = draw.oneOf()
        return message
    }

    private static func sums(_ bins: Int, _ draw: inout Draw) -> [Double] {
        (0..<bins).map { _ in draw.bool() ? 0 : draw.positive() }
    }
}
