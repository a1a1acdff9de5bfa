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
        let context = AdmissionContext(
            request: request, killSwitch: killSwitch, mode: mode(of: request, policy),
            draw: uniform(request.idHash, seed: policy.samplingSeed))
        var chain = AdmissionChain(request, devices, policy)
        chain.fold(context, devices, policy, state)
        let choice = chain.reason == nil ? chain.choose(context, devices, policy, state) : nil
        let shown = choice ?? chain.lastStruck ?? chain.offer(0, context, devices, policy, state)
        let inputs = AdmissionInputs(
            shown, remainingBudget: request.deadline - request.now, devices, state, context.draw)
        if let choice {
            let service = choice.service(devices[choice.device], of: request)
            state.admit(choice, service: service, now: request.now)
        }
        return AdmissionDecision(
            admitted: choice != nil, reason: chain.reason ?? .accepted,
            propensity: chain.propensity, mode: context.mode, offer: choice,
            predictedCompletion: shown?.completion ?? .zero, inputs: inputs)
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

    /// Sampling and canary draw apart: the records of one are not those of the other.
    private static let canarySeed: UInt64 = 0x6361_6E61_7279_2D31

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
