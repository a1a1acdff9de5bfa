public import Determinism

/// Limits of the loop; each is a configuration key under `pipeline`.
public struct LoopLimits: Sendable {
    /// Messages taken by one poll: bounds the batch's memory and the time between two ticks.
    public var batchMaximum = 1_000
    public var pollTimeout = TimeSpan.milliseconds(5)
    public var commitInterval = TimeSpan.milliseconds(50)
    /// Messages sent and not acknowledged, beyond which fetching pauses: bounds the producer's
    /// memory.
    public var maximumUnacknowledged = 50_000
    /// Inputs held open by the stage, beyond which fetching pauses: bounds the stage's memory.
    public var maximumHeld = 200_000
    /// How long a drain waits for acknowledgements.
    public var drainTimeout = TimeSpan.seconds(10)

    public init() {}
}
