internal import Contracts
internal import Determinism
internal import Policies

extension DecisionRecord {
    /// What the stage knows of one decision.
    ///
    /// - Parameter device: lives until the verdict is written.
    init(
        _ request: AdmissionRequest, _ decision: AdmissionDecision, _ forecast: DeviceForecast,
        _ policy: AdmissionPolicy, device: ByteSlice, shots: Int?, price: Double
    ) {
        self.init()
        decidedAt = request.now
        if let refusal = AdmissionRule(refusing: decision.reason) {
            let numbers = refusal.numbers(
                DecisionFacts(request, decision, mode: policy.mode), policy)
            rule = refusal.rawValue
            measured = numbers.measured
            limit = numbers.limit
        }
        self.device = device
        deviceState = forecast.state == .online ? nil : forecast.state
        self.shots = shots
        self.price = price
        value = request.valueAtStake
        priority = request.priority
        dataClass = request.dataClass
        let inputs = decision.inputs
        draw = inputs.draw
        serviceMilliseconds = forecast.serviceTime.inMilliseconds
        remainingBudgetMilliseconds = inputs.remainingBudget.inMilliseconds
        statusWaitMilliseconds = forecast.predictedWait.inMilliseconds
        queueDepth = inputs.queueDepth
        statusAgeMilliseconds = inputs.statusAge?.inMilliseconds
        admittedSinceStatus = inputs.admittedSinceStatus
        inFlight = inputs.inFlight
    }
}

/// The hash of a policy in each mode: operators change the mode of a running one.
struct PolicyHashes: Sendable {
    private let hashes: [UInt64]

    init(_ policy: AdmissionPolicy) {
        hashes = Mode.allCases.map { mode in
            var variant = policy
            variant.mode = mode
            return PolicyFingerprint.of(variant)
        }
    }

    subscript(mode: Mode) -> UInt64 {
        switch mode {
        case .off: hashes[0]
        case .shadow: hashes[1]
        case .live: hashes[2]
        }
    }
}
