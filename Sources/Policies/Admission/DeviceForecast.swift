public import Contracts
public import Determinism

/// What one call on a device costs, in the price unit of its owner.
public struct CallPrice: Equatable, Sendable {
    /// Of one circuit, whatever its shots, and of each shot; finite, 0 or more.
    public var perTask: Double
    public var perShot: Double

    public init(perTask: Double = 0, perShot: Double = 0) {
        self.perTask = perTask
        self.perShot = perShot
    }

    /// Millionths of the unit, rounded up: what is set aside for a call is never less than its
    /// price. At most 10¹⁸.
    public func micros(shots: Int) -> Int64 {
        let price = (perTask + perShot * Double(shots)) * 1e6
        // A product such as 0.1 · 3 · 10⁶ is above the number it stands for by some units in the last
        // place, which must not cost a millionth.
        return Int64(min(max((price - price.ulp * 4).rounded(.up), 0), 1e18))
    }
}

/// What one record of the model's simpler circuit takes on a device, with the shots that are wanted.
public struct SimplerCall: Equatable, Sendable {
    public var price: CallPrice
    /// Device time that one more record costs.
    public var serviceTime: TimeSpan
    /// Estimated probability that it runs and is read without an error, 0…1.
    public var fidelity: Double

    public init(price: CallPrice, serviceTime: TimeSpan, fidelity: Double = 1) {
        self.price = price
        self.serviceTime = serviceTime
        self.fidelity = fidelity
    }
}

/// One device as admission sees it: its last status, and what its owner says of it.
public struct DeviceForecast: Equatable, Sendable {
    /// The wait that a job submitted at the time of the status would have met, announced closures
    /// included.
    public var predictedWait: TimeSpan
    /// Expected time on the device for one record: a batch's service time divided by its records.
    public var serviceTime: TimeSpan
    /// Records that it serves at a time, 1 or more.
    public var servers = 1
    /// Records waiting or running on the device at the time of the status, other tenants' included.
    public var queueDepth: Int
    public var state: DeviceState
    /// How old the status is; nil when none has been seen yet.
    public var statusAge: TimeSpan?

    /// The device takes no job before this instant.
    public var throttledUntil: Timestamp?
    /// The most sensitive data that may go there.
    public var trustZone = DataClass.internal
    public var price = CallPrice()
    /// The hash of the device's name, for budgets.
    public var nameHash: UInt64 = 0
    /// Estimated probability that a circuit runs and is read without an error, 0…1.
    public var fidelity = 1.0
    /// Shots that it takes at most.
    public var maximumShots = Int.max
    /// The part of `serviceTime` that is in proportion to the shots, 0…1.
    public var shotShare = 0.0
    /// A simulator that is asked only when no device fits.
    public var isStandIn = false
    /// What the model's simpler circuit takes here; nil where nobody knows.
    public var simpler: SimplerCall?

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

    /// By how much a record of so much device time lengthens the wait of those behind it: so many
    /// go by at once.
    public func share(of service: TimeSpan) -> TimeSpan {
        .microseconds(service.microseconds / Int64(max(servers, 1)))
    }

    /// No device can run what is asked.
    public static let noDevice = DeviceForecast(
        predictedWait: .zero, serviceTime: .zero, queueDepth: 0, state: .outage, statusAge: .zero)

    /// No status seen yet.
    public static let unknown = DeviceForecast(
        predictedWait: .zero, serviceTime: .zero, queueDepth: 0, state: .online, statusAge: nil)
}
