/// What one job used: what a price book charges for.
public struct DeviceUsage: Hashable, Sendable {
    /// Bound circuits: a job of 10 records is 10 tasks.
    public var tasks: Int
    /// Of each task.
    public var shots: Int
    /// On the device.
    public var microseconds: Int64
    /// Gates of one task's circuit.
    public var oneQubitGates: Int
    public var twoQubitGates: Int

    public init(
        tasks: Int, shots: Int, microseconds: Int64 = 0, oneQubitGates: Int = 0,
        twoQubitGates: Int = 0
    ) {
        self.tasks = tasks
        self.shots = shots
        self.microseconds = microseconds
        self.oneQubitGates = oneQubitGates
        self.twoQubitGates = twoQubitGates
    }
}

/// What a device charges, in whole millionths of its currency: sums are exact.
public struct PriceBook: Hashable, Sendable {
    public var perTask: Int64 = 0
    public var perShot: Int64 = 0
    /// Of time on the device, charged by the microsecond and rounded up once per job.
    public var perSecond: Int64 = 0
    /// For each gate of the circuit and each shot.
    public var perOneQubitGateShot: Int64 = 0
    public var perTwoQubitGateShot: Int64 = 0
    /// The least that a task costs.
    public var minimumPerTask: Int64 = 0

    public init() {}

    /// Millionths of the currency that a job costs; `Int64.max` if it is more than that.
    public func cost(of usage: DeviceUsage) -> Int64 {
        let shots = Int64(usage.shots)
        var task = perTask.added(perShot.times(shots))
        for (price, gates) in [
            (perOneQubitGateShot, usage.oneQubitGates), (perTwoQubitGateShot, usage.twoQubitGates),
        ] {
            task = task.added(price.times(Int64(gates)).times(shots))
        }
        // Seconds are microseconds over a million, and so are units: one exact division.
        let (high, low) = perSecond.multipliedFullWidth(by: usage.microseconds)
        var time = Int64.max
        if high < 500_000 {
            let (whole, rest) = Int64(1_000_000).dividingFullWidth((high, low))
            time = rest > 0 ? whole.added(1) : whole
        }
        let tasks = Int64(usage.tasks)
        return max(task.times(tasks).added(time), minimumPerTask.times(tasks))
    }

    /// How long a job may take so that it costs no more than `maximum`, in whole microseconds of time
    /// on the device; nil when it costs more than that without any time.
    ///
    /// - Parameter usage: everything but the time.
    public func affordable(_ usage: DeviceUsage, maximum: Int64) -> Int64? {
        var fixed = usage
        fixed.microseconds = 0
        guard cost(of: fixed) <= maximum else { return nil }
        guard perSecond > 0 else { return .max }
        // A minimum charge holds for the sum; time is charged beside the tasks.
        var book = self
        book.minimumPerTask = 0
        let rest = maximum - book.cost(of: fixed)
        let (high, low) = Int64(1_000_000).multipliedFullWidth(by: rest)
        guard high < perSecond / 2 else { return .max }
        return perSecond.dividingFullWidth((high, low)).quotient
    }

    func validate() throws(BackendConfigurationError) {
        let all = [
            perTask, perShot, perSecond, perOneQubitGateShot, perTwoQubitGateShot, minimumPerTask,
        ]
        for price in all {
            try BackendConfigurationError.require(
                (0...1_000_000_000_000).contains(price), "price", price,
                "0 to 1000000000000 millionths are allowed")
        }
    }
}

extension Int64 {
    /// Of numbers that are not negative; the largest number if the result is larger.
    fileprivate func times(_ other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    fileprivate func added(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
