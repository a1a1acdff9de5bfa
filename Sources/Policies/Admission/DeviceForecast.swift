public import Contracts
public import Determinism

/// The device's last status, as admission reads it.
public struct DeviceForecast: Equatable, Sendable {
    /// The wait that a job submitted at the time of the status would have met.
    public var predictedWait: TimeSpan
    /// Device time that one more record costs: a batch's service time divided by its records, and
    /// by the number of batches served at once.
    public var serviceTime: TimeSpan
    /// Records waiting or running on the device at the time of the status, other tenants' included.
    public var queueDepth: Int
    public var state: DeviceState
    /// How old the status is; nil when none has been seen yet.
    public var statusAge: TimeSpan?

    public init(
        predictedWait: TimeSpan, serviceTime: TimeSpan, queueDepth: Int, state: DeviceState,
        statusAge: TimeSpan?
    ) {
        self.predictedWait = predictedWait
        self.serviceTime = serviceTime
        self.queueDepth = queueDepth
        self.state = state
        self.statusAge = statusAge
    }

    /// No device can run what is asked.
    public static let noDevice = DeviceForecast(
        predictedWait: .zero, serviceTime: .zero, queueDepth: 0, state: .outage, statusAge: .zero)

    /// No status seen yet.
    public static let unknown = DeviceForecast(
        predictedWait: .zero, serviceTime: .zero, queueDepth: 0, state: .online, statusAge: nil)
}
