internal import Contracts
internal import Determinism
internal import Policies

extension DecisionRecord {
    /// What the stage knows of one decision.
    ///
    /// - Parameter device: lives until the verdict is written.
    init(
        _ request: AdmissionRequest, _ decision: AdmissionDecision, _ forecast: DeviceForecast,
        _ policy: AdmissionPolicy, device: ByteSlice?
    ) {
        self.init()
        decidedAt = request.now
        if let refusal = AdmissionRule(refusing: decision.reason) {
            let numbers = refusal.numbers(
                DecisionFacts(request, decision, mode: decision.mode), policy)
            rule = refusal.rawValue
            measured = numbers.measured
            limit = numbers.limit
        }
        self.device = device
        deviceState = forecast.state == .online ? nil : forecast.state
        let offer = decision.inputs.offer
        shots = offer?.shots
        price = offer.map { Double($0.priceMicros) / 1e6 }
        value = request.valueAtStake
        priority = request.priority
        dataClass = request.dataClass
        let inputs = decision.inputs
        draw = inputs.draw
        serviceMilliseconds = (offer?.service ?? forecast.serviceTime).inMilliseconds
        remainingBudgetMilliseconds = inputs.remainingBudget.inMilliseconds
        statusWaitMilliseconds = forecast.predictedWait.inMilliseconds
        queueDepth = inputs.queueDepth
        statusAgeMilliseconds = inputs.statusAge?.inMilliseconds
        admittedSinceStatus = inputs.admittedSinceStatus
        inFlight = inputs.inFlight
        servers = forecast.servers > 1 ? forecast.servers : nil
        flipProbability = inputs.flipProbability
        expectedValue = inputs.expectedValue
        lambda = inputs.lambda
        waitQuantileMilliseconds = inputs.cautiousWait.inMilliseconds
        downgrade = decision.offer.flatMap { $0.downgrade == .none ? nil : $0.downgrade.rawValue }
    }
}
