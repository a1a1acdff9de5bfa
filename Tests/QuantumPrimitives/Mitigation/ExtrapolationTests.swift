import Determinism
import Foundation
import QuantumPrimitives
import TestSupport
import Testing

@Suite("Zero-noise extrapolation")
struct ExtrapolationTests {
    private func points(
        _ scales: [Double], error: Double = 0, _ value: (Double) -> Double
    ) -> [NoiseScaledValue] {
        scales.map { NoiseScaledValue(scale: $0, value: value($0), standardError: error) }
    }

    @Test("agrees with NumPy's fits, and SciPy's for a free asymptote")
    func golden() throws {
        let cases = try GoldenMitigation.load().extrapolations
        #expect(cases.count == 18)
        var seen: [String: Int] = [:]
        for item in cases {
            let points = item.scales.indices.map {
                NoiseScaledValue(
                    scale: item.scales[$0], value: item.values[$0],
                    standardError: item.errors[$0])
            }
            for (name, expected) in item.results {
                let method: ZeroNoiseExtrapolation =
                    switch name {
                    case "linear": .linear
                    case "quadratic": .polynomial(degree: 2)
                    case "richardson": .richardson
                    case "exponential": .exponential(asymptote: item.asymptote)
                    default: .exponentialWithAsymptote
                    }
                seen[name, default: 0] += 1
                let result = try method.extrapolate(points)
                // SciPy's Jacobian is by differences, and its search stops early.
                let tolerance = name == "asymptote" ? 1e-5 : 1e-9
                #expect(abs(result.value - expected.value) < tolerance, "\(name) \(item)")
                #expect(
                    abs(result.standardError / expected.standardError - 1) < 100 * tolerance,
                    "\(name) \(item)")
                let first = item.errors[0] * item.errors[0]
                let ratio = result.standardError * result.standardError / first
                #expect(abs(result.varianceAmplification / ratio - 1) < 1e-12)
            }
        }
        #expect(
            seen == [
                "linear": 18, "quadratic": 18, "richardson": 12, "exponential": 18,
                "asymptote": 9,
            ])
    }

    @Test("finds the value at zero of what each form describes")
    func identities() throws {
        let scales = [1, 1.7, 3, 4.2, 5]
        let cubic = { 0.7 - 0.3 * $0 + 0.05 * $0 * $0 - 0.002 * $0 * $0 * $0 }
        let cases: [(ZeroNoiseExtrapolation, [NoiseScaledValue], Double)] = [
            (.linear, points(scales) { 0.8 - 0.1 * $0 }, 0.8),
            (.polynomial(degree: 3), points(scales, cubic), 0.7),
            (.richardson, points(scales, cubic), 0.7),
            (.richardson, points([1, 3]) { 0.8 - 0.1 * $0 }, 0.8),
            (.exponential(asymptote: 0), points(scales) { -0.9 * exp(-0.2 * $0) }, -0.9),
            (.exponential(asymptote: 0.5), points(scales) { 0.5 - 0.4 * exp(-$0) }, 0.1),
            (.exponentialWithAsymptote, points(scales) { 0.1 + 0.8 * exp(-0.3 * $0) }, 0.9),
            (.exponentialWithAsymptote, points([1, 2, 3]) { 0.1 - 0.8 * exp(-0.9 * $0) }, -0.7),
        ]
        for (method, points, expected) in cases {
            let result = try method.extrapolate(points)
            #expect(abs(result.value - expected) < 1e-10, "\(method)")
            #expect(result.standardError == 0)
            #expect(result.varianceAmplification * Double(points.count) > 1)
        }
    }

    @Test("does not depend on the order of points, and follows the more precise ones")
    func weights() throws {
        let exact = points([1, 2, 3], error: 0.01) { 1 - 0.1 * $0 }
        let methods: [ZeroNoiseExtrapolation] = [
            .linear, .polynomial(degree: 2), .richardson, .exponential(asymptote: 0),
            .exponentialWithAsymptote,
        ]
        let curved = points([1, 2, 3, 5], error: 0.01) { 0.2 + 0.6 * exp(-0.4 * $0) }
        for method in methods {
            let (one, other) = (
                try method.extrapolate(curved), try method.extrapolate(curved.reversed())
            )
            #expect(abs(one.value - other.value) < 1e-11, "\(method)")
            #expect(abs(one.standardError - other.standardError) < 1e-11, "\(method)")
        }
        let outlier = NoiseScaledValue(scale: 2, value: 3, standardError: 1e4)
        let result = try ZeroNoiseExtrapolation.linear.extrapolate(exact + [outlier])
        #expect(abs(result.value - 1) < 1e-6)
    }

    @Test("states standard errors that hold: estimates scatter as much as they say")
    func calibratedErrors() throws {
        var random = RandomStream(seed: 5)
        func normal() -> Double {
            (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
        }
        for method: ZeroNoiseExtrapolation in [
            .linear, .richardson, .exponential(asymptote: 0), .exponentialWithAsymptote,
        ] {
            var squares = 0.0
            for _ in 0..<400 {
                let noisy = [1.0, 2, 3, 4].map { scale in
                    NoiseScaledValue(
                        scale: scale,
                        value: (method == .linear ? 1 - 0.1 * scale : exp(-0.3 * scale))
                            + 0.001 * normal(), standardError: 0.001)
                }
                let truth = 1.0
                let bias = method == .richardson ? richardsonBias : 0
                let result = try method.extrapolate(noisy)
                let score = (result.value - truth - bias) / result.standardError
                squares += score * score
            }
            // χ² of 400 draws: 400 ± 5·√800.
            #expect((260...540).contains(squares), "\(method): \(squares)")
        }
    }

    /// What the cubic through exp(−0.3x) at 1, 2, 3, 4 misses at 0.
    private var richardsonBias: Double {
        let weights = [4.0, -6, 4, -1]
        return weights.indices.reduce(-1) { $0 + weights[$1] * exp(-0.3 * Double($1 + 1)) }
    }

    @Test("refuses points that determine nothing, in one line that names them")
    func wrongUse() throws {
        let line = points([1, 3]) { 1 - 0.1 * $0 }
        let cases: [(ZeroNoiseExtrapolation, [NoiseScaledValue], MitigationError)] = [
            (.linear, Array(line.prefix(1)), .points(count: 1, needed: 2)),
            (.linear, points([2, 2]) { $0 }, .distinctScales(count: 1, needed: 2)),
            (.linear, points([2, 2 + 1e-9]) { $0 }, .distinctScales(count: 1, needed: 2)),
            (.polynomial(degree: 2), line, .distinctScales(count: 2, needed: 3)),
            (.polynomial(degree: 0), line, .degree(0, allowed: 1...8)),
            (.richardson, points([1, 3, 3]) { $0 }, .scalesTooClose(3, 3, separation: 1e-6)),
            (.richardson, points((1...10).map(Double.init)) { $0 }, .degree(9, allowed: 1...8)),
            (.linear, points([0, 1]) { $0 }, .scale(index: 0, value: 0)),
            (.linear, points([1, -1]) { $0 }, .scale(index: 1, value: -1)),
            (.linear, points([1, 2]) { $0 == 2 ? .nan : $0 }, .pointNotFinite(index: 1)),
            (
                .linear, line + [NoiseScaledValue(scale: 5, value: 0, standardError: 0.1)],
                .standardError(index: 2, value: 0.1)
            ),
            (
                .exponential(asymptote: 0.8), line,
                .asymptote(index: 1, value: 0.7, asymptote: 0.8)
            ),
            (.exponentialWithAsymptote, line, .distinctScales(count: 2, needed: 3)),
            (.exponentialWithAsymptote, points([1, 2, 3]) { 1 - $0 }, .undeterminedRate),
            (.exponentialWithAsymptote, points([1, 2, 3]) { $0 * $0 }, .undeterminedRate),
        ]
        for (method, points, expected) in cases {
            let error = #expect(throws: MitigationError.self) { try method.extrapolate(points) }
            #expect(error == expected, "\(method)")
            #expect(error?.description.contains("\n") == false)
        }
    }
}
