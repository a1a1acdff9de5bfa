public import Contracts
import Determinism

/// Decides recorded records again, in their order, under a policy of choice.
///
/// The controller is the one that decides live. What the records and the device said is taken as
/// recorded; what follows from the replay's own decisions (rate, calls in flight, work admitted since
/// the last status) is followed here. All recorded instances count as one; and the device's statuses
/// are those that came under the recorded policy: a policy that admits far more would have met longer
/// queues than they tell.
public struct AdmissionReplay: Sendable {
    private var policy: AdmissionPolicy
    private let mode: Mode?
    private var state: AdmissionState?

    /// - Parameter mode: for all records; nil for the mode that each was decided in.
    public init(_ policy: AdmissionPolicy, mode: Mode? = nil) {
        self.policy = policy
        self.mode = mode
    }

    /// - Parameter record: not earlier than the one before.
    public mutating func decide(_ record: RecordedDecision) -> AdmissionDecision {
        policy.mode = mode ?? record.mode
        let now = record.decidedAt
        let request = AdmissionRequest(
            classicalScore: record.classicalScore, now: now, deadline: record.deadline,
            priority: record.priority, dataClass: record.dataClass, valueAtStake: record.value,
            idHash: record.key.high)
        var current = state ?? AdmissionState(policy: policy, now: now)
        let decision = AdmissionController.decide(
            request, Self.forecast(record), killSwitch: record.reason == .killSwitch,
            policy: policy, state: &current)
        state = current
        return decision
    }

    private static func forecast(_ record: RecordedDecision) -> DeviceForecast {
        guard let age = record.statusAge else { return .unknown }
        var forecast = DeviceForecast(
            predictedWait: record.statusWait, serviceTime: record.serviceTime,
            queueDepth: record.queueDepth, state: record.deviceState, statusAge: age)
        forecast.servers = record.servers
        return forecast
    }
}
