public import Determinism

/// Bounds on what one `FallbackJoin` may remember.
///
/// Per join (give each partition its own): a waiting record takes some 145 bytes of tables and timers
/// plus its payload, measured with a million of them, so a million are 145 MB plus payloads; a
/// remembered decision takes 34 bytes, so the default 200,000 are 7 MB.
public struct FallbackLimits: Equatable, Sendable {
    /// Records waiting for a quantum verdict at once; beyond it the classical score is served at
    /// once.
    public var maximumPending: Int
    /// Quantum verdicts kept for classical verdicts still to come; the oldest goes first.
    public var maximumEarly: Int
    /// How long an early quantum verdict is kept.
    public var earlyLifetime: TimeSpan
    /// Decisions remembered to recognise duplicates; at least half of them are the newest.
    public var maximumDecided: Int
    /// How long a decision is remembered at least, unless `maximumDecided` pushes it out; at most
    /// twice that.
    public var decidedLifetime: TimeSpan

    public init(
        maximumPending: Int = 1_000_000, maximumEarly: Int = 100_000,
        earlyLifetime: TimeSpan = .seconds(Int64(300)), maximumDecided: Int = 200_000,
        decidedLifetime: TimeSpan = .seconds(Int64(600))
    ) {
        self.maximumPending = maximumPending
        self.maximumEarly = maximumEarly
        self.earlyLifetime = earlyLifetime
        self.maximumDecided = maximumDecided
        self.decidedLifetime = decidedLifetime
    }

    /// - Throws: `PolicyError` naming the first setting out of range.
    public func validate() throws(PolicyError) {
        try PolicyError.require(
            (1...100_000_000).contains(maximumPending), "maximumPending", maximumPending,
            "1…100000000 records")
        try PolicyError.require(
            (1...100_000_000).contains(maximumEarly), "maximumEarly", maximumEarly,
            "1…100000000 verdicts")
        try PolicyError.require(
            (2...100_000_000).contains(maximumDecided), "maximumDecided", maximumDecided,
            "2…100000000 decisions")
        try PolicyError.require(
            earlyLifetime > .zero, "earlyLifetime", "\(earlyLifetime.inSeconds) s", "more than 0 s")
        try PolicyError.require(
            decidedLifetime > .zero, "decidedLifetime", "\(decidedLifetime.inSeconds) s",
            "more than 0 s")
    }
}
