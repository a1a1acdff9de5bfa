public import Contracts
public import Determinism

/// How a device's capacity is divided between tenants and, within each, between priorities.
///
/// The terms are those of Kubernetes API Priority and Fairness (KEP-1040): a *nominal* share in
/// proportion to weights, of which a part is *lendable* while its owner does not need it, and which
/// may be exceeded by *borrowing*.
public struct SharePolicy: Equatable, Sendable {
    /// Weights by tenant; these tenants are always known. Above 0.
    public var weights: [String: Double] = [:]
    /// The weight of every other tenant, and of all those together that the table has no room for.
    public var defaultWeight = 1.0
    /// Weights of a tenant's own priorities among those that it uses. Above 0.
    public var lowWeight = 1.0
    public var normalWeight = 4.0
    public var highWeight = 16.0

    /// Calls per time that are divided; nil divides none. The burst is divided too: it is how much a
    /// tenant that was quiet may ask for at once. It is raised to a call for each account in use.
    public var rate: RateLimit?
    /// The part of its share that a tenant with no use for it lends, 0…1. The rest is kept free.
    public var lendable = 1.0
    /// How much a tenant may have beyond its nominal share, as a multiple of that; nil is no bound.
    public var borrowing: Double?
    /// Tenants with accounts of their own, 1…256: some 300 bytes each, and 10 ns of each decision at
    /// a new instant.
    public var maximumTenants = 64
    /// Where the table is full, a tenant without a request for so long gives up its place.
    public var keepsIdle = TimeSpan.seconds(60 as Int64)
    /// How often places are divided anew by what each tenant used, 1 ms…1 hour. A lender that asks
    /// is heard at once.
    public var adjustment = TimeSpan.seconds(1 as Int64)

    public init() {}

    public func weight(of priority: Priority) -> Double {
        switch priority {
        case .low: lowWeight
        case .normal: normalWeight
        case .high: highWeight
        }
    }

    /// - Throws: `PolicyError` naming the first setting out of range.
    public func validate() throws(PolicyError) {
        for (tenant, weight) in weights.sorted(by: { $0.key < $1.key }) {
            try requireWeight(weight, "weight of tenant '\(tenant)'")
        }
        try requireWeight(defaultWeight, "shares defaultWeight")
        try requireWeight(lowWeight, "shares lowWeight")
        try requireWeight(normalWeight, "shares normalWeight")
        try requireWeight(highWeight, "shares highWeight")
        try PolicyError.require((0...1).contains(lendable), "shares lendable", lendable, "0…1")
        let borrowing = borrowing ?? 0
        try PolicyError.require(
            borrowing >= 0 && borrowing <= 1e6, "shares borrowing", borrowing, "0…1000000")
        try PolicyError.require(
            (1...256).contains(maximumTenants), "shares maximumTenants", maximumTenants, "1…256")
        try PolicyError.require(
            weights.count <= maximumTenants, "shares weights", weights.count,
            "at most maximumTenants, \(maximumTenants)")
        try PolicyError.require(
            keepsIdle >= .zero, "shares keepsIdle", "\(keepsIdle.microseconds) µs", "0 µs or more")
        try PolicyError.require(
            adjustment >= .milliseconds(1) && adjustment <= .seconds(3_600 as Int64),
            "shares adjustment", "\(adjustment.microseconds) µs", "1 ms…1 hour")
    }

    private func requireWeight(_ value: Double, _ name: String) throws(PolicyError) {
        try PolicyError.require(
            value >= 1e-6 && value <= 1e6, name, value, "0.000001…1000000")
    }
}

/// A tenant's name, hashed: the same on every machine.
public struct TenantKey: Hashable, Sendable {
    public let hash: UInt64

    public init(_ name: String) { hash = StableHash.hash64(name) }

    /// From the hash itself.
    public init(hash: UInt64) { self.hash = hash }

    /// From the name's UTF-8 bytes; equal to the key of the same `String`. Empty is no tenant.
    @inlinable
    public init(bytes: some Sequence<UInt8>) { hash = StableHash.hash64(bytes) }
}

/// Whether there is room for a call in its tenant's share.
public enum ShareVerdict: Equatable, Sendable {
    /// Within the nominal share, or what was saved of it.
    case own
    /// From what others do not use.
    case borrowed
    /// No call is due to this tenant and priority yet.
    case rateLimited
    /// All of its places are taken.
    case concurrencyLimited

    public var isGranted: Bool { self == .own || self == .borrowed }
}
