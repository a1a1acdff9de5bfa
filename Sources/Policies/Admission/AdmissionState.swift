public import Contracts
public import Determinism

/// What admission remembers between decisions: a value that the caller owns and passes `inout`; a
/// decision allocates only when a device is seen for the first time.
public struct AdmissionState: Sendable {
    private var bucket: TokenBucket?
    private(set) var devices: [DeviceTrack] = []

    public init(policy: AdmissionPolicy, now: Timestamp) {
        bucket = policy.rateLimit.map { TokenBucket(limit: $0, now: now) }
    }

    /// Records in flight on all devices: admitted, no result reported, not yet given up as lost.
    public var inFlight: Int { devices.reduce(0) { $0 + $1.inFlight } }

    /// Those of one device; 0 for one not seen yet.
    public func inFlight(device: Int) -> Int {
        devices.indices.contains(device) ? devices[device].inFlight : 0
    }

    /// What was learnt of a device's waits; nil before its first outcomes.
    public func experience(device: Int) -> DeviceExperience? {
        devices.indices.contains(device) ? devices[device].experience : nil
    }

    /// Reports that a record's result came back, or that its job failed.
    ///
    /// - Parameters:
    ///   - admittedAt: the `now` of the decision that admitted it; carrying it on the job makes each
    ///     result free its own slot, so that one lost result cannot hold a slot for ever. A result
    ///     reported after `jobExpiry` changes nothing.
    ///   - device: to which it was admitted.
    public mutating func completed(admittedAt: Timestamp, now: Timestamp, device: Int = 0) {
        guard devices.indices.contains(device) else { return }
        devices[device].completed(admittedAt: admittedAt, now: now)
    }

    /// Learns how jobs ended on a device, each told once, and when it will be closed.
    ///
    /// - Parameters:
    ///   - service: device time of one record, as the device's status says.
    ///   - policy: whose `waitLevel` counts.
    public mutating func learn(
        _ outcomes: ArraySlice<DeviceOutcome>, closures: [DeviceClosure], service: TimeSpan,
        device: Int, policy: AdmissionPolicy, now: Timestamp
    ) {
        grow(to: device + 1, policy, now: now)
        devices[device].learn(
            outcomes, closures: closures, service: service, level: policy.waitLevel)
    }

    /// Brings the state to `now` under `policy`, and takes in the devices' statuses.
    mutating func prepare(_ forecasts: [DeviceForecast], _ policy: AdmissionPolicy, now: Timestamp)
    {
        if bucket?.limit != policy.rateLimit {
            bucket = policy.rateLimit.map { limit in
                bucket?.changed(to: limit, now: now) ?? TokenBucket(limit: limit, now: now)
            }
        }
        let count = min(forecasts.count, OfferSet.devices)
        grow(to: count, policy, now: now)
        for index in 0..<count { devices[index].prepare(forecasts[index], policy, now: now) }
    }

    private mutating func grow(to count: Int, _ policy: AdmissionPolicy, now: Timestamp) {
        while devices.count < count { devices.append(DeviceTrack(policy: policy, now: now)) }
    }

    func canTakeToken(now: Timestamp) -> Bool { bucket?.canTake(now: now) ?? true }

    /// Counts one admitted record.
    mutating func admit(_ offer: DeviceOffer, service: TimeSpan, now: Timestamp) {
        _ = bucket?.tryTake(now: now)
        devices[offer.device].admit(service: service)
    }
}
