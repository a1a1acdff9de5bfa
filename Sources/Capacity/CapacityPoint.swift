public import Contracts
public import Determinism

/// What becomes of one rate. Rates are of records a second, shares of 1.
public struct CapacityPoint: Sendable {
    public var rate = 0.0
    public var method = CapacityMethod.worthwhile
    /// Simulated, after a start that does not count.
    public var span = TimeSpan.zero
    /// Records whose decision was simulated.
    public var decided = 0
    /// Records that came in the span, and those worth a call.
    public var offered = 0.0
    public var worthwhile = 0.0
    public var admitted = 0.0
    /// Results that came by their deadline; late ones and failed jobs fall back as the refused do.
    public var inTime = 0.0
    public var late = 0.0
    public var failed = 0.0
    /// Refused, by reason; `certain` are those not worth a call.
    public var refused: [ReasonCode: Double] = [:]
    /// From the decision to the start on the device.
    public var waitP50 = TimeSpan.zero
    public var waitP90 = TimeSpan.zero
    public var waitP99 = TimeSpan.zero
    public var meanWait = TimeSpan.zero
    public var spendPerHour = 0.0
    /// Share of each device's time that own jobs take.
    public var utilisation: [Double] = []

    public init() {}

    /// Share of the worthwhile records whose result comes in time.
    public var carried: Double { worthwhile > 0 ? inTime / worthwhile : 1 }
    /// Share of the admitted whose result comes late.
    public var lateShare: Double { inTime + late > 0 ? late / (inTime + late) : 0 }
}
