public import Contracts
public import Determinism

/// Everything that configures admission. Set the fields, `validate()` once, then share it as a
/// value.
public struct AdmissionPolicy: Equatable, Sendable {
    public var mode: Mode = .shadow
    /// Mode canary: the share of records that are live, 0…1; by a hash of their ids, so that a larger
    /// share keeps those of a smaller one.
    public var canaryShare = 0.0
    /// Whether quantum calls are made where this runs.
    public var isEnvironmentAllowed = true
    /// `tenantKey`s of those whose records may go to devices; nil for all.
    public var tenants: Set<UInt64>?
    /// Rules in the order in which they may refuse.
    public var rules: [AdmissionRule] = AdmissionRule.standardOrder

    /// Classical scores worth a quantum call: a band around the decision threshold. The full band
    /// 0…1 admits all.
    public var uncertaintyBand: ClosedRange<Double> = 0...1
    /// Share of the records inside the band that go on, 0…1 (a canary); the others are
    /// `sampledOut`.
    public var insideFraction: Double = 1
    /// Share of the records outside the band that go on all the same (ε), 0…1, so that comparisons
    /// can be weighted to all records without bias; the others are `certain`.
    public var outsideFraction: Double = 0
    /// Changes which records are drawn: one experiment, one seed.
    public var samplingSeed: UInt64 = 0

    /// Records that state a smaller value at stake are `lowValue`.
    public var minimumValue: Double = 0
    /// Whether `restricted` records may go to devices of trust zone `internal`.
    public var allowsRestricted = false

    /// What a call is worth, in place of `uncertaintyBand` and its shares; nil for the plain band.
    public var worth: WorthSettings?
    /// When a device that fails or has grown slow is left alone; nil for never.
    public var breaker: BreakerPolicy? = BreakerPolicy()
    /// Breaker: jobs that run longer than this are slow; nil for none.
    public var slowRun: TimeSpan?
    /// How many records each device may have in flight, learnt from how long they take; nil for
    /// `concurrencyLimit` alone.
    public var adaptive: ConcurrencyPolicy?
    /// How rate and places are divided between tenants and priorities; nil for first come, first
    /// served.
    public var shares: SharePolicy?

    /// What is tried when no device fits as it is.
    public var ladder = DowngradeLadder()
    /// What decides between devices that fit.
    public var weights = DeviceWeights()
    /// The deadline must hold for this share of waits, above 0 and below 1.
    public var waitLevel = 0.9

    /// Quantum calls per time; nil is unlimited.
    public var rateLimit: RateLimit?
    /// Records in flight on the quantum path; nil is unlimited.
    public var concurrencyLimit: Int?
    /// Whether each device status says anew how many records are in flight (its queue, and what was
    /// admitted since), for callers that learn of results through the status alone.
    public var takesInFlightFromStatus = false
    /// After so long without a result, a record in flight counts as lost and its slot is free
    /// again.
    public var jobExpiry: TimeSpan = .seconds(Int64(300))

    /// Live mode: the predicted completion must come so long before the deadline.
    public var safetyMargin: TimeSpan = .milliseconds(10)
    /// Shadow mode: nobody waits for the quantum verdict, so the deadline does not bind; this limit
    /// on the predicted completion keeps the device's queue from growing without end. Nil is no
    /// limit.
    public var shadowWaitLimit: TimeSpan? = .seconds(Int64(300))
    /// A status older than this means that the device is not heard of: `backendFailed`.
    public var statusStaleness: TimeSpan = .seconds(Int64(10))
    /// Whether records are admitted before the first status; if not, they are `backendFailed`.
    public var admitsBeforeFirstStatus = true
    /// A record may be so long on its way to the device that a status taken meanwhile did not count
    /// it.
    public var jobTransit: TimeSpan = .milliseconds(50)

    public init() {}

    /// What stands for a tenant's name in requests and in `tenants`.
    public static func tenantKey(_ name: some Sequence<UInt8>) -> UInt64 {
        StableHash.hash64(name)
    }

    /// - Throws: `PolicyError` naming the first field out of range.
    public func validate() throws(PolicyError) {
        try PolicyError.require(
            uncertaintyBand.lowerBound >= 0 && uncertaintyBand.upperBound <= 1, "uncertaintyBand",
            "\(uncertaintyBand)", "within 0…1")
        try requireShare(insideFraction, "insideFraction")
        try requireShare(outsideFraction, "outsideFraction")
        try requireShare(canaryShare, "canaryShare")
        try PolicyError.require(
            waitLevel > 0 && waitLevel < 1, "waitLevel", waitLevel, "above 0 and below 1")
        try ladder.validate()
        try weights.validate()
        try worth?.validate()
        try breaker?.validate()
        try adaptive?.validate()
        try shares?.validate()
        try PolicyError.require(
            minimumValue >= 0 && minimumValue.isFinite, "minimumValue", minimumValue, "0 or more")
        try PolicyError.require(
            (concurrencyLimit ?? 1) >= 1, "concurrencyLimit", concurrencyLimit ?? 0, "1 or more")
        try requireSpan(jobExpiry, "jobExpiry", atLeast: .milliseconds(1))
        try requireSpan(statusStaleness, "statusStaleness", atLeast: .milliseconds(1))
        try requireSpan(safetyMargin, "safetyMargin", atLeast: .zero)
        try requireSpan(jobTransit, "jobTransit", atLeast: .zero)
        if let shadowWaitLimit {
            try requireSpan(shadowWaitLimit, "shadowWaitLimit", atLeast: .zero)
        }
    }

    private func requireShare(_ value: Double, _ name: String) throws(PolicyError) {
        try PolicyError.require((0...1).contains(value), name, value, "0…1")
    }

    private func requireSpan(
        _ value: TimeSpan, _ name: String, atLeast least: TimeSpan
    ) throws(PolicyError) {
        try PolicyError.require(
            value >= least && value <= .seconds(Int64(30 * 86_400)), name,
            "\(value.microseconds) µs", "\(least.microseconds) µs…30 days")
    }
}
