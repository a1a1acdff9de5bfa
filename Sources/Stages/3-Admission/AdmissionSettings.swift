public import Contracts
public import Determinism
public import Policies

/// A device that admission may choose, and what its owner says of it.
public struct AdmissionDevice: Sendable {
    /// As its heartbeats and jobs name it.
    public let name: String
    /// What a call is expected to cost, unless the device's status says.
    public var price = CallPrice()
    /// The most sensitive data that may go there.
    public var trustZone = DataClass.internal
    /// Estimated probability of a run without error, unless the device's status says.
    public var fidelity = 1.0
    public var maximumShots = Int.max
    /// The part of a record's time on the device that is in proportion to its shots, 0…1.
    public var shotShare = 0.0
    /// A simulator that is asked only when no device fits.
    public var isStandIn = false

    private let nameHash: UInt64

    public init(name: String) {
        self.name = name
        nameHash = StableHash.hash64(name)
    }

    func forecast(_ status: QPUStatusMessage?, now: Timestamp) -> DeviceForecast {
        var forecast = DeviceForecast.unknown
        if let status {
            forecast.predictedWait = .seconds(max(status.waitMilliseconds, 0) / 1e3)
            forecast.serviceTime = .seconds(max(status.serviceTimeMilliseconds, 0) / 1e3)
            forecast.servers = status.servers
            forecast.queueDepth = status.queueDepth
            forecast.state = status.state
            forecast.statusAge = max(.zero, now - status.at)
            forecast.throttledUntil = status.throttledUntil
        }
        forecast.trustZone = trustZone
        forecast.nameHash = nameHash
        forecast.price = CallPrice(
            perTask: status?.pricePerTask ?? price.perTask,
            perShot: status?.pricePerShot ?? price.perShot)
        forecast.fidelity = status?.fidelity ?? fidelity
        forecast.maximumShots = maximumShots
        forecast.shotShare = shotShare
        forecast.isStandIn = isStandIn
        forecast.simpler = status?.simplerCircuit.map { figures in
            SimplerCall(
                price: CallPrice(
                    perTask: figures.pricePerTask, perShot: figures.pricePerShot),
                serviceTime: .seconds(figures.serviceTimeMilliseconds / 1e3),
                fidelity: figures.fidelity ?? forecast.fidelity)
        }
        return forecast
    }
}

/// What configures the admission stage beside its policy.
public struct AdmissionSettings: Sendable {
    public var policy: AdmissionPolicy
    /// Latency budget of records that name none.
    public var latencyBudget: TimeSpan
    /// The devices to choose from, in the order of preference among equals; at most
    /// `AdmissionController.maximumDevices`.
    public var devices: [AdmissionDevice]
    /// Shots of a job; nil for the model's.
    public var shots: Int?
    /// Whether jobs carry their circuit as OpenQASM: for a device that is somebody else's process.
    public var writesPrograms: Bool
    /// How many records, and for how long at least, are remembered to recognise copies.
    public var deduplication = (entries: 200_000, lifetime: TimeSpan.seconds(600 as Int64))
    /// Partitions of each data topic, so that an instance knows its part of a rate that all have
    /// together; 0 where there is one instance only.
    public var partitions = 0
    /// The budgets that calls are paid from, nothing of them owned yet; nil for none. What they say
    /// survives this instance where `keepsState`.
    public var budgets: BudgetBook?
    /// Whether decisions go to `admission-state` and reservations to the ledger: for a loop that
    /// writes in transactions.
    public var keepsState = false

    public init(
        policy: AdmissionPolicy, latencyBudget: TimeSpan, devices: [AdmissionDevice],
        shots: Int? = nil, writesPrograms: Bool = false
    ) {
        self.policy = policy
        self.latencyBudget = latencyBudget
        self.devices = devices
        self.shots = shots
        self.writesPrograms = writesPrograms
    }

    /// The configured policy with what operators have set: the same in all instances.
    public func policy(under control: ControlSnapshot) -> AdmissionPolicy {
        var policy = policy
        if let mode = control.mode { policy.mode = mode }
        if let share = control.canaryShare { policy.canaryShare = share }
        policy.follow(control.limits)
        return policy
    }

    /// The same with one device of which nothing but its name is said.
    public init(
        policy: AdmissionPolicy, latencyBudget: TimeSpan, device: String, shots: Int? = nil,
        writesPrograms: Bool = false
    ) {
        self.init(
            policy: policy, latencyBudget: latencyBudget,
            devices: [AdmissionDevice(name: device)], shots: shots,
            writesPrograms: writesPrograms)
    }
}
