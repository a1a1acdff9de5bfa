import Contracts
import Determinism

/// Decides for each record, before anything is spent, whether it gets a quantum call, and on which
/// device.
///
/// The decision is a fold over `policy.rules`: the first refusal wins and names itself. Rules on
/// records may refuse, rules on offers strike out what a device could do; of what is left at the
/// lowest step of the ladder, the offer with the least weighted cost is taken. The decision depends
/// on its arguments alone; the same record, forecasts, policy and state give the same one. No
/// allocation.
public enum AdmissionController {
    /// Devices beyond this many are not looked at.
    public static let maximumDevices = OfferSet.devices

    /// - Parameters:
    ///   - request: the record; `request.now` must not run backwards from call to call.
    ///   - devices: always in the same order; each one's last status, its age as of `request.now`.
    ///     None: refused as `backendFailed`, unless another rule refuses.
    ///   - killSwitch: whether the operator has stopped all quantum calls.
    ///   - policy: a validated policy; it may change between calls.
    ///   - state: brought up to date, and charged if the record is admitted.
    public static func decide(
        _ request: AdmissionRequest, devices: [DeviceForecast], killSwitch: Bool,
        policy: AdmissionPolicy, state: inout AdmissionState
    ) -> AdmissionDecision {
        state.prepare(devices, policy, now: request.now)
        state.prepareShare(request, policy)
        var context = AdmissionContext(
            request: request, killSwitch: killSwitch, mode: mode(of: request, policy),
            draw: uniform(request.idHash, seed: policy.samplingSeed))
        // In shadow nobody waits for the result; live, the deadline rule keeps the risk below this.
        let lateness = context.mode == .live ? 1 - policy.waitLevel : 0
        let worth = state.worth(request, devices, lateness: lateness, draw: context.draw)
        context.worth = worth?.verdict
        var chain = AdmissionChain(request, devices, policy)
        chain.fold(context, devices, policy, state)
        if chain.reason == .budgetExhausted, let struck = chain.lastStruck {
            // Counted as demand, so that the partition asks the others for some of theirs.
            _ = state.weigh(struck, devices[struck.device], request, policy, draw: 0)
        }
        let candidate =
            chain.propensity > 0 ? chain.choose(context, devices, policy, state) : nil
        let paid = pay(candidate, chain.reason ?? .accepted, context, devices, policy, &state)
        let shown =
            candidate ?? chain.lastStruck ?? chain.offer(0, context, devices, policy, state)
        var inputs = AdmissionInputs(
            shown, remainingBudget: request.deadline - request.now, devices, state, context.draw)
        inputs.flipProbability = worth?.assessment.flipProbability
        inputs.expectedValue = worth?.assessment.expectedValue
        inputs.lambda = worth?.lambda ?? paid.lambda
        let reservation =
            paid.reason == .accepted
            ? candidate.flatMap { state.admit($0, devices[$0.device], request) } : nil
        return AdmissionDecision(
            admitted: paid.reason == .accepted, reason: paid.reason,
            propensity: chain.propensity * paid.probability, mode: context.mode,
            offer: paid.reason == .accepted ? candidate : nil, reservation: reservation,
            predictedCompletion: shown?.completion ?? .zero, inputs: inputs)
    }

    /// What budgets that spread their spending say of the call chosen, by a draw of their own.
    private static func pay(
        _ candidate: DeviceOffer?, _ reason: ReasonCode, _ context: AdmissionContext,
        _ devices: [DeviceForecast], _ policy: AdmissionPolicy, _ state: inout AdmissionState
    ) -> (reason: ReasonCode, probability: Double, lambda: Double?) {
        guard let candidate else { return (reason, 1, nil) }
        let request = context.request
        let draw = uniform(request.idHash, seed: policy.samplingSeed ^ budgetSeed)
        guard
            let answer = state.weigh(
                candidate, devices[candidate.device], request, policy, draw: draw)
        else { return (reason, 1, nil) }
        let refused = answer.isAffordable ? reason : .budgetExhausted
        return (
            reason == .accepted ? refused : reason, answer.probability, answer.lambda
        )
    }

    /// The same with one device.
    public static func decide(
        _ request: AdmissionRequest, _ forecast: DeviceForecast, killSwitch: Bool,
        policy: AdmissionPolicy, state: inout AdmissionState
    ) -> AdmissionDecision {
        decide(request, devices: [forecast], killSwitch: killSwitch, policy: policy, state: &state)
    }

    /// The mode that holds for a record: a canary makes some live and the others shadow.
    static func mode(of request: AdmissionRequest, _ policy: AdmissionPolicy) -> Mode {
        guard policy.mode == .canary else { return policy.mode }
        let draw = uniform(request.idHash, seed: policy.samplingSeed ^ canarySeed)
        return draw < policy.canaryShare ? .live : .shadow
    }

    /// Sampling, canary and budgets draw apart: the records of one are not those of another.
    private static let canarySeed: UInt64 = 0x6361_6E61_7279_2D31
    private static let budgetSeed: UInt64 = 0x6275_6467_6574_2D31

    /// Uniform in [0, 1) with 53 bits, from the id alone.
    static func uniform(_ idHash: UInt64, seed: UInt64) -> Double {
        Double(StableHash.combine(idHash, seed) >> 11) * 0x1p-53
    }
}

extension AdmissionInputs {
    fileprivate init(
        _ offer: DeviceOffer?, remainingBudget: TimeSpan, _ devices: [DeviceForecast],
        _ state: borrowing AdmissionState, _ draw: Double
    ) {
        predictedWait = offer?.wait ?? .zero
        cautiousWait = offer?.cautiousWait ?? .zero
        self.remainingBudget = remainingBudget
        admittedSinceStatus = offer.map { state.devices[$0.device].admittedSinceStatus } ?? 0
        inFlight = state.inFlight
        queueDepth = offer.map { devices[$0.device].queueDepth } ?? 0
        statusAge = offer.flatMap { devices[$0.device].statusAge }
        self.draw = draw
        self.offer = offer
    }
}
