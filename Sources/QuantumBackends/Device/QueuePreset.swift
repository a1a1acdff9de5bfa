import Determinism

/// Waiting lines in the manner of real services. The numbers are this project's own, chosen for
/// their shape.
public enum QueuePreset: String, Hashable, Sendable, CaseIterable {
    /// Nobody else.
    case dedicated
    /// Half of the device is promised: one other tenant of equal weight, whose lognormal jobs of 2 s
    /// take half of its time, and sessions that keep the device for 1 s between jobs, 10 minutes at
    /// most.
    case reserved
    /// Eight others of equal weight under fair share. Each sends one job in 200 s, in bursts of a
    /// minute every ten at eleven times the calm rate, whose sizes are Pareto with exponent 1.5
    /// and mean 22.5 s: a load of 0.9 with infinite variance. They began 6 hours before.
    case busyPublic = "busy-public"
    /// Nobody else; down for 5 minutes, a minute after the first job.
    case outage

    /// Sets what the preset is about, and leaves the rest.
    public func apply(to device: inout SimulatedQPUConfiguration) {
        device.tenants = []
        device.session = nil
        device.warmUp = .zero
        device.discipline = .fairShare
        switch self {
        case .dedicated: break
        case .reserved:
            device.tenants = [
                BackgroundTenant(
                    arrivals: .poisson(perSecond: 0.25),
                    sizes: JobSizes(
                        mean: .seconds(Int64(2)), shape: .lognormal(sigma: 1)))
            ]
            device.session = DeviceSession(
                idleTimeout: .seconds(Int64(1)), maximum: .seconds(Int64(600)))
            device.warmUp = .seconds(Int64(600))
        case .busyPublic:
            // (9·1 + 1·11)/10 = 2 calm rates on average: one job in 200 s.
            let tenant = BackgroundTenant(
                arrivals: .bursty(
                    calmPerSecond: 0.0025, burstPerSecond: 0.0275, calm: .seconds(Int64(540)),
                    burst: .seconds(Int64(60))),
                sizes: JobSizes(mean: .milliseconds(22_500), shape: .pareto(exponent: 1.5)))
            device.tenants = [BackgroundTenant](repeating: tenant, count: 8)
            device.warmUp = .seconds(Int64(6 * 3_600))
        case .outage:
            device.outagesCountFromFirstJob = true
            device.outages = [
                OutageWindow(from: .seconds(Int64(60)), until: .seconds(Int64(360)))
            ]
        }
    }
}
