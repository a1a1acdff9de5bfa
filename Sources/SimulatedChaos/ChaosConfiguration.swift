import QuantumBackends
public import Contracts
public import Determinism
public import SimulatedTransport

/// One chaos run: equal configurations give equal runs, to the byte.
public struct ChaosConfiguration: Sendable {
    public var seed: UInt64
    /// Distinct ids published, invalid ones included.
    public var records: Int
    /// Of each stage.
    public var instances: Int
    public var faults: Set<ChaosFault>
    /// A bug to be caught.
    public var plant: PlantedFault?
    public var mode = Mode.live
    /// What the device does all the time, for runs that are compared.
    public var device = ChaosDeviceState.serving
    public var partitions = 8
    /// The budget for quantum calls: it would pay for so large a share of the records, and runs out
    /// before the stream ends.
    public var budgetShare = 0.34
    /// Records published at once, and how often.
    public var burst = 32
    public var interval = TimeSpan.milliseconds(8)
    public var latencyBudget = TimeSpan.milliseconds(400)
    /// Mean time between two faults of one kind, within storms.
    public var meanInterval = TimeSpan.milliseconds(400)
    /// Storms and calm in turn: in the calm, every promise is checked without excuses.
    public var period = TimeSpan.seconds(4 as Int64)
    public var storm = TimeSpan.milliseconds(1_800)
    /// How long after a disturbance scores may be late: restart, session, restoration, backlog.
    public var recovery = TimeSpan.milliseconds(1_400)
    /// How much clocks may differ either way.
    public var skew = TimeSpan.milliseconds(100)
    /// How long the pipeline may take to come to rest after the last record.
    public var patience = TimeSpan.seconds(120 as Int64)

    public init(
        seed: UInt64, records: Int = 20_000, instances: Int = 2,
        faults: Set<ChaosFault> = Set(ChaosFault.allCases), plant: PlantedFault? = nil
    ) {
        self.seed = seed
        self.records = records
        self.instances = instances
        self.faults = faults
        self.plant = plant
    }

    /// How much later than its deadline a score may be seen in calm times: skewed clocks, the commit
    /// interval, the way to the log.
    var slack: TimeSpan {
        (faults.contains(.skew) ? skew + skew : .zero) + .milliseconds(50 + 40)
    }

    /// The cap, in the price book's currency.
    var budget: Double {
        let price = ChaosStages.price
        let call = price.perTask + price.perShot * Double(ChaosModel.shots)
        return (Double(records) * budgetShare).rounded() * call
    }

    /// What the transport draws by itself, call by call.
    func plan(start: Timestamp, end: Timestamp) -> FaultPlan {
        var plan = FaultPlan(seed: seed)
        plan.grid = .milliseconds(1)
        plan.arrival = .microseconds(200)...(.milliseconds(3))
        plan.acknowledgement = .microseconds(200)...(.milliseconds(4))
        plan.marker = .zero...(.milliseconds(3))
        plan.restart = .milliseconds(40)...(.milliseconds(400))
        plan.until = end
        plan.storms = Storms(start: start, period: period, length: storm)
        if faults.contains(.timeout) {
            plan.sendFailure = 0.002
            plan.commitTimeout = 0.1
        }
        if faults.contains(.duplicate) { plan.duplicate = 0.01 }
        if faults.contains(.disk) {
            plan.slowDisk = 0.01
            plan.slowness = .milliseconds(20)...(.milliseconds(200))
        }
        if faults.contains(.skew) { plan.clockSkew = skew }
        return plan
    }
}

/// What a run's device does.
public enum ChaosDeviceState: String, Sendable { case serving, dead }
