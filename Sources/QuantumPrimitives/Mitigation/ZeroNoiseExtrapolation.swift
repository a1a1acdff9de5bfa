/// An expectation value measured at a multiple of the noise that the device has.
public struct NoiseScaledValue: Hashable, Sendable {
    /// 1 for the circuit as it is, 3 where every gate is folded once; above 0.
    public let scale: Double
    public let value: Double
    /// 0 for an exact value.
    public let standardError: Double

    public init(scale: Double, value: Double, standardError: Double = 0) {
        self.scale = scale
        self.value = value
        self.standardError = standardError
    }
}

/// Extrapolates to no noise from values at several noise scales.
///
/// Li and Benjamin, Phys. Rev. X 7, 021050 (2017); Temme, Bravyi and Gambetta, Phys. Rev. Lett.
/// 119, 180509 (2017); exponential forms: Endo, Benjamin and Li, Phys. Rev. X 8, 031027 (2018), and
/// Giurgica-Tiron et al., "Digital zero noise extrapolation", QCE 2020. Points are weighted by the
/// inverse squares of their standard errors; if all are exact, equally.
public enum ZeroNoiseExtrapolation: Hashable, Sendable {
    /// A straight line; two different scales or more.
    case linear
    /// A polynomial by least squares; 1 more different scale than its degree, or more.
    case polynomial(degree: Int)
    /// The polynomial through all points, which must have different scales.
    case richardson
    /// asymptote + b·exp(−c·scale), through a straight line of logarithms; every value on the same
    /// side of the asymptote. 0 is what a Pauli string of full weight goes to under depolarising
    /// noise.
    case exponential(asymptote: Double)
    /// The same with the asymptote found too, c above 0; three different scales or more.
    case exponentialWithAsymptote

    public static let degreeLimits = 1...8
    /// Scales nearer to each other than this are refused, or count as one where points may repeat.
    public static let separation = 1e-6

    /// The value at scale 0.
    ///
    /// The standard error propagates those of the points to first order. The amplification is the
    /// variance over that of the value at the smallest scale.
    public func extrapolate(
        _ points: [NoiseScaledValue]
    ) throws(MitigationError) -> MitigatedValue {
        try Self.check(points)
        switch self {
        case .linear: return try Self.polynomial(1, points)
        case .polynomial(let degree):
            guard Self.degreeLimits.contains(degree) else {
                throw .degree(degree, allowed: Self.degreeLimits)
            }
            return try Self.polynomial(degree, points)
        case .richardson: return try Self.richardson(points)
        case .exponential(let asymptote): return try Self.logarithmic(points, asymptote)
        case .exponentialWithAsymptote:
            return try ExponentialFit(points).extrapolated
        }
    }

    private static func check(_ points: [NoiseScaledValue]) throws(MitigationError) {
        guard points.count >= 2 else { throw .points(count: points.count, needed: 2) }
        let isExact = points[0].standardError == 0
        for (index, point) in points.enumerated() {
            guard point.scale.isFinite, point.value.isFinite, point.standardError.isFinite else {
                throw .pointNotFinite(index: index)
            }
            guard point.scale > 0 else { throw .scale(index: index, value: point.scale) }
            guard isExact ? point.standardError == 0 : point.standardError > 0 else {
                throw .standardError(index: index, value: point.standardError)
            }
        }
    }

    /// - Throws: `.distinctScales` unless there are as many different ones.
    static func require(_ needed: Int, in points: [NoiseScaledValue]) throws(MitigationError) {
        let scales = points.map(\.scale).sorted()
        let distinct = 1 + zip(scales, scales.dropFirst()).count { $1 - $0 >= separation }
        guard distinct >= needed else { throw .distinctScales(count: distinct, needed: needed) }
    }

    static func inverseVariances(_ points: [NoiseScaledValue]) -> [Double] {
        points.map { $0.standardError == 0 ? 1 : 1 / ($0.standardError * $0.standardError) }
    }

    /// Σ sensitivity²·variance, where exact points count as having variance 1.
    static func result(
        _ value: Double, _ sensitivities: [Double], _ points: [NoiseScaledValue]
    ) -> MitigatedValue {
        let isExact = points[0].standardError == 0
        let variances = points.map { isExact ? 1 : $0.standardError * $0.standardError }
        let variance = zip(sensitivities, variances).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
        let lowest = points.indices.min { points[$0].scale < points[$1].scale } ?? 0
        return MitigatedValue(
            value: value, standardError: isExact ? 0 : variance.squareRoot(),
            varianceAmplification: variance / variances[lowest])
    }

    private static func polynomial(
        _ degree: Int, _ points: [NoiseScaledValue]
    ) throws(MitigationError) -> MitigatedValue {
        try require(degree + 1, in: points)
        let largest = points.map(\.scale).max() ?? 1
        var columns = [[Double](repeating: 1, count: points.count)]
        for _ in 0..<degree {
            let last = columns[columns.count - 1]
            columns.append(zip(last, points).map { $0 * $1.scale / largest })
        }
        let target = [1] + [Double](repeating: 0, count: degree)
        let weights = LinearFunctional.weights(
            columns: columns, target: target, inverseVariances: inverseVariances(points))
        guard let weights else { throw .distinctScales(count: degree, needed: degree + 1) }
        return result(zip(weights, points).reduce(0) { $0 + $1.0 * $1.1.value }, weights, points)
    }

    /// Lagrange's weights at 0: ∏ xⱼ/(xⱼ − xᵢ).
    private static func richardson(
        _ points: [NoiseScaledValue]
    ) throws(MitigationError) -> MitigatedValue {
        let scales = points.map(\.scale).sorted()
        for (low, high) in zip(scales, scales.dropFirst()) where high - low < separation {
            throw .scalesTooClose(low, high, separation: separation)
        }
        let limit = degreeLimits.upperBound + 1
        guard points.count <= limit else {
            throw .degree(points.count - 1, allowed: degreeLimits)
        }
        let weights = points.indices.map { own in
            points.indices.reduce(1.0) { product, other in
                guard other != own else { return product }
                let scale = points[other].scale
                return product * scale / (scale - points[own].scale)
            }
        }
        return result(zip(weights, points).reduce(0) { $0 + $1.0 * $1.1.value }, weights, points)
    }
}
