import Contracts
import Determinism

/// Decides for each record, before anything is spent, whether it gets a quantum call.
///
/// The decision is a fold over `policy.rules`: the first refusal wins and names itself. It depends
/// on its arguments alone; the same record, forecast, policy and state give the same decision. No
/// allocation.
public enum AdmissionController {
    /// - Parameters:
    ///   - request: the record; `request.now` must not run backwards from call to call.
    ///   - forecast: the device's last status, its age as of `request.now`.
    ///   - killSwitch: whether the operator has stopped all quantum calls.
    ///   - policy: a validated policy; it may change between calls.
    ///   - state: brought up to date, and charged if the record is admitted.
    public static func decide(
        _ request: AdmissionRequest, _ forecast: DeviceForecast, killSwitch: Bool,
        policy: AdmissionPolicy, state: inout AdmissionState
    ) -> AdmissionDecision {
        state.prepare(forecast, policy, now: request.now)
        let context = AdmissionContext(
            request: request, forecast: forecast, killSwitch: killSwitch,
            draw: uniform(request.idHash, seed: policy.samplingSeed),
            predictedCompletion: state.predictedWait + forecast.serviceTime)
        let inputs = AdmissionInputs(
            predictedWait: state.predictedWait, remainingBudget: request.deadline - request.now,
            admittedSinceStatus: state.admittedSinceStatus, inFlight: state.inFlight,
            queueDepth: forecast.queueDepth, statusAge: forecast.statusAge, draw: context.draw)
        let (reason, propensity) = fold(context, policy, state)
        if reason == nil { state.admit(forecast, now: request.now) }
        return AdmissionDecision(
            admitted: reason == nil, reason: reason ?? .accepted, propensity: propensity,
            predictedCompletion: context.predictedCompletion, inputs: inputs)
    }

    /// The first reason to refuse, or nil; and the propensity.
    ///
    /// A record that loses a lot is shown to the remaining rules too: if one of them refuses, no
    /// lot would have admitted it, and its propensity is 0. The first reason stands.
    private static func fold(
        _ context: AdmissionContext, _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> (reason: ReasonCode?, propensity: Double) {
        var reason: ReasonCode?
        var propensity = 1.0
        for rule in policy.rules {
            switch rule.verdict(context, policy, state) {
            case .pass: continue
            case .refuse(let refusal): return (reason ?? refusal, 0)
            case .lot(let probability, let drawn, let otherwise):
                propensity *= probability
                if !drawn, reason == nil { reason = otherwise }
            }
        }
        return (reason, propensity)
    }

    /// Uniform in [0, 1) with 53 bits, from the id alone.
    static func uniform(_ idHash: UInt64, seed: UInt64) -> Double {
        Double(StableHash.combine(idHash, seed) >> 11) * 0x1p-53
    }
}
