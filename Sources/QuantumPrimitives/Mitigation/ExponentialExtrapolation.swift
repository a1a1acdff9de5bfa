private import Glibc

extension ZeroNoiseExtrapolation {
    /// A weighted line through log|y − a|, whose variances are (σ/(y − a))².
    static func logarithmic(
        _ points: [NoiseScaledValue], _ asymptote: Double
    ) throws(MitigationError) -> MitigatedValue {
        try require(2, in: points)
        let heights = points.map { $0.value - asymptote }
        for (index, height) in heights.enumerated()
        where !(height * heights[0] > 0) || !asymptote.isFinite {
            throw .asymptote(index: index, value: points[index].value, asymptote: asymptote)
        }
        let inverse = zip(inverseVariances(points), heights).map { $0 * $1 * $1 }
        let columns = [[Double](repeating: 1, count: points.count), points.map(\.scale)]
        let weights = LinearFunctional.weights(
            columns: columns, target: [1, 0], inverseVariances: inverse)
        guard let weights else { throw .distinctScales(count: 1, needed: 2) }
        let intercept = zip(weights, heights).reduce(0) { $0 + $1.0 * log(abs($1.1)) }
        let height = heights[0] > 0 ? exp(intercept) : -exp(intercept)
        return result(
            asymptote + height, zip(weights, heights).map { height * $0 / $1 }, points)
    }
}

/// y = a + b·exp(−c·x) by weighted least squares.
///
/// For a given c, the best a and b are a linear fit (variable projection: Golub and Pereyra, SIAM
/// J. Numer. Anal. 10 (1973)), so the search is over c alone: a logarithmic grid, the golden
/// section, then Gauss–Newton steps in all three to rounding.
struct ExponentialFit {
    private let points: [NoiseScaledValue]
    private let inverseVariances: [Double]
    private var (asymptote, height, rate) = (0.0, 0.0, 0.0)

    /// Decay over the range of scales, at the ends of the grid.
    private static let decays = (lowest: 1e-3, highest: 50.0)
    private static let gridSize = 240

    init(_ points: [NoiseScaledValue]) throws(MitigationError) {
        try ZeroNoiseExtrapolation.require(3, in: points)
        self.points = points
        inverseVariances = ZeroNoiseExtrapolation.inverseVariances(points)
        try search()
        try refine()
    }

    private mutating func search() throws(MitigationError) {
        let scales = points.map(\.scale)
        let range = (scales.max() ?? 1) - (scales.min() ?? 0)
        let step = log(Self.decays.highest / Self.decays.lowest) / Double(Self.gridSize)
        func rate(_ place: Double) -> Double { Self.decays.lowest / range * exp(place * step) }
        let residuals = (0...Self.gridSize).map { residual(rate(Double($0))) }
        let best = residuals.indices.min { residuals[$0] < residuals[$1] } ?? 0
        guard (1..<Self.gridSize).contains(best), residuals[best].isFinite else {
            throw .undeterminedRate
        }
        var (low, high) = (Double(best - 1), Double(best + 1))
        let golden = (5.0.squareRoot() - 1) / 2
        for _ in 0..<60 {
            let (left, right) = (high - golden * (high - low), low + golden * (high - low))
            if residual(rate(left)) < residual(rate(right)) { high = right } else { low = left }
        }
        self.rate = rate((low + high) / 2)
        guard let line = line(self.rate) else { throw .undeterminedRate }
        (asymptote, height) = line
    }

    private func line(_ rate: Double) -> (asymptote: Double, height: Double)? {
        let columns = [
            [Double](repeating: 1, count: points.count), points.map { exp(-rate * $0.scale) },
        ]
        let parts = [[1.0, 0.0], [0.0, 1.0]].compactMap {
            LinearFunctional.weights(
                columns: columns, target: $0, inverseVariances: inverseVariances)
        }
        guard parts.count == 2 else { return nil }
        let values = parts.map { zip($0, points).reduce(0) { $0 + $1.0 * $1.1.value } }
        return (values[0], values[1])
    }

    private func residual(_ rate: Double) -> Double {
        guard let line = line(rate) else { return .infinity }
        return zip(points, inverseVariances).reduce(0) { sum, item in
            let error = item.0.value - line.asymptote - line.height * exp(-rate * item.0.scale)
            return sum + item.1 * error * error
        }
    }

    /// What the fit's Σ target·parameter changes by for each value, by the model's Jacobian.
    private func sensitivities(_ target: [Double]) throws(MitigationError) -> [Double] {
        let decay = points.map { exp(-rate * $0.scale) }
        let columns = [
            [Double](repeating: 1, count: points.count), decay,
            zip(decay, points).map { -height * $1.scale * $0 },
        ]
        let weights = LinearFunctional.weights(
            columns: columns, target: target, inverseVariances: inverseVariances)
        guard let weights else { throw .undeterminedRate }
        return weights
    }

    private mutating func refine() throws(MitigationError) {
        for _ in 0..<8 {
            let errors = points.map { $0.value - asymptote - height * exp(-rate * $0.scale) }
            func change(_ target: [Double]) throws(MitigationError) -> Double {
                zip(try sensitivities(target), errors).reduce(0) { $0 + $1.0 * $1.1 }
            }
            let steps = (
                try change([1, 0, 0]), try change([0, 1, 0]), try change([0, 0, 1])
            )
            asymptote += steps.0
            height += steps.1
            rate += steps.2
            guard rate > 0, rate.isFinite else { throw .undeterminedRate }
        }
    }

    /// a + b, and how it depends on each point.
    var extrapolated: MitigatedValue {
        get throws(MitigationError) {
            ZeroNoiseExtrapolation.result(
                asymptote + height, try sensitivities([1, 1, 0]), points)
        }
    }
}
