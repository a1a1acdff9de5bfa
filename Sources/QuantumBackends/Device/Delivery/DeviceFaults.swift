import Determinism

/// What goes wrong around a device, beside outages and failing jobs. All chances are 0…1 and decided
/// by the job's id.
public struct DeviceFaults: Hashable, Sendable {
    /// Relative to the device's start: jobs are taken, none is started, the running one is finished.
    public var maintenance: [OutageWindow] = []
    /// Relative to the device's start: submissions are refused as `throttled` until the window ends.
    public var throttles: [OutageWindow] = []
    /// Submissions that the device takes in the long run, above 0; nil for any number.
    public var submissionsPerSecond: Double?
    /// Submissions that it takes at once after a quiet time.
    public var submissionBurst = 1
    /// That the operator cancels a job when it would have ended.
    public var cancelProbability = 0.0
    /// That a result comes `lateDelay` later than it might.
    public var lateProbability = 0.0
    public var lateDelay = JobSizes(mean: .seconds(Int64(60)), shape: .exponential)
    /// That a result comes a second time, `duplicateDelay` after the first.
    public var duplicateProbability = 0.0
    public var duplicateDelay = JobSizes(mean: .seconds(Int64(1)), shape: .exponential)
    /// That a result is damaged on its way: `BackendResult.validated` finds it out.
    public var garbledProbability = 0.0
    /// That a result never comes. The job counts as running until it is cancelled, and is charged.
    public var lostProbability = 0.0

    public init() {}

    func validate() throws(BackendConfigurationError) {
        for (name, value) in [
            ("cancelProbability", cancelProbability), ("lateProbability", lateProbability),
            ("duplicateProbability", duplicateProbability),
            ("garbledProbability", garbledProbability), ("lostProbability", lostProbability),
        ] {
            try BackendConfigurationError.require(
                (0...1).contains(value), name, value, "0 to 1 are allowed")
        }
        try lateDelay.validate("lateDelay")
        try duplicateDelay.validate("duplicateDelay")
        try OutageWindow.validate(maintenance, "maintenance")
        try OutageWindow.validate(throttles, "throttle")
        try BackendConfigurationError.require(
            submissionsPerSecond.map { $0 > 0 && $0 <= 1e6 } ?? true, "submissionsPerSecond",
            submissionsPerSecond ?? 0, "above 0 and at most 1000000")
        try BackendConfigurationError.require(
            submissionBurst >= 1, "submissionBurst", submissionBurst, "1 or more")
    }
}

extension OutageWindow {
    static func validate(
        _ windows: [OutageWindow], _ setting: String
    ) throws(BackendConfigurationError) {
        for window in windows {
            try BackendConfigurationError.require(
                window.from < window.until, setting, window.from.microseconds,
                "each must end after it starts (\(window.until.microseconds) µs)")
        }
    }
}

/// Refuses submissions above a rate: a bucket of tokens that fills as time goes by.
struct SubmissionLimit {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var filled: Timestamp

    init?(_ faults: DeviceFaults, start: Timestamp) {
        guard let rate = faults.submissionsPerSecond else { return nil }
        perSecond = rate
        burst = Double(faults.submissionBurst)
        tokens = burst
        filled = start
    }

    /// Takes a token.
    ///
    /// - Returns: nil, or how long to wait for the next one.
    mutating func take(at now: Timestamp) -> TimeSpan? {
        let elapsed = max((now - filled).inSeconds, 0)
        tokens = min(burst, tokens + elapsed * perSecond)
        filled = max(filled, now)
        guard tokens < 1 else {
            tokens -= 1
            return nil
        }
        return .microseconds(Int64(((1 - tokens) / perSecond * 1e6).rounded(.up)))
    }
}

/// What happens to one job's result on its way back, decided by the job's id.
struct DeliveryFate: Hashable {
    var isLost = false
    var late = TimeSpan.zero
    /// Delay of a second copy after the first.
    var duplicate: TimeSpan?
    var garbling: Garbling?
    var isCancelled = false

    init(_ faults: DeviceFaults, seed: UInt64) {
        var random = RandomStream(seed: seed, stream: 1)
        isCancelled = random.uniform() < faults.cancelProbability
        isLost = random.uniform() < faults.lostProbability
        if random.uniform() < faults.lateProbability { late = faults.lateDelay.draw(&random) }
        if random.uniform() < faults.duplicateProbability {
            duplicate = faults.duplicateDelay.draw(&random)
        }
        if random.uniform() < faults.garbledProbability {
            garbling = Garbling(draw: random.next())
        }
    }
}
