/// A polynomial in a circuit's parameters: a sum of products of affine factors.
///
/// `2(π−x₀)(π−x₁)` is one term with two factors. Factors are kept, not expanded, so that evaluation
/// does the same arithmetic as the formula in the paper and loses nothing near a factor's zero.
public struct ParameterExpression: Hashable, Sendable {
    /// `offset + scale·x[parameter]`.
    public struct Factor: Hashable, Sendable {
        public let parameter: Int
        public let scale: Double
        public let offset: Double

        public init(parameter: Int, scale: Double = 1, offset: Double = 0) {
            self.parameter = parameter
            self.scale = scale
            self.offset = offset
        }
    }

    /// `coefficient·∏ factors`; without factors, a constant.
    public struct Term: Hashable, Sendable {
        public let coefficient: Double
        public let factors: [Factor]

        public init(coefficient: Double, factors: [Factor] = []) {
            self.coefficient = coefficient
            self.factors = factors
        }
    }

    /// Terms in the order in which they are summed.
    public let terms: [Term]

    public init(terms: [Term]) { self.terms = terms }

    /// A number.
    public static func constant(_ value: Double) -> ParameterExpression {
        ParameterExpression(terms: [Term(coefficient: value)])
    }

    /// The parameter at `index` of the circuit's parameter vector.
    public static func parameter(_ index: Int) -> ParameterExpression {
        affine(index, scale: 1, offset: 0)
    }

    /// `offset + scale·x[index]` as one factor.
    public static func affine(_ index: Int, scale: Double, offset: Double) -> ParameterExpression {
        let factor = Factor(parameter: index, scale: scale, offset: offset)
        return ParameterExpression(terms: [Term(coefficient: 1, factors: [factor])])
    }

    /// The value for one parameter vector.
    ///
    /// - Parameter parameters: flat values; must hold `requiredParameters` of them.
    public func evaluate(_ parameters: [Double]) -> Double {
        var sum = 0.0
        for term in terms {
            var product = term.coefficient
            for factor in term.factors {
                product *= factor.scale * parameters[factor.parameter] + factor.offset
            }
            sum += product
        }
        return sum
    }

    /// One more than the highest parameter index used; 0 for a constant.
    public var requiredParameters: Int {
        terms.lazy.flatMap(\.factors).map { $0.parameter + 1 }.max() ?? 0
    }

    /// Whether every coefficient, scale and offset is finite.
    public var isFinite: Bool {
        terms.allSatisfy { term in
            term.coefficient.isFinite
                && term.factors.allSatisfy { $0.scale.isFinite && $0.offset.isFinite }
        }
    }

    public static func + (left: ParameterExpression, right: ParameterExpression)
        -> ParameterExpression
    {
        ParameterExpression(terms: left.terms + right.terms)
    }

    /// Distributes over the terms; factors of each pair of terms are concatenated.
    public static func * (left: ParameterExpression, right: ParameterExpression)
        -> ParameterExpression
    {
        ParameterExpression(
            terms: left.terms.flatMap { first in
                right.terms.map { second in
                    Term(
                        coefficient: first.coefficient * second.coefficient,
                        factors: first.factors + second.factors)
                }
            })
    }

    public static func * (scale: Double, expression: ParameterExpression) -> ParameterExpression {
        ParameterExpression(
            terms: expression.terms.map {
                Term(coefficient: scale * $0.coefficient, factors: $0.factors)
            })
    }

    public static prefix func - (expression: ParameterExpression) -> ParameterExpression {
        -1 * expression
    }
}

extension ParameterExpression: CustomStringConvertible {
    /// Canonical text: `2.0*(3.14+-1.0*x0)*(3.14+-1.0*x1)`. Numbers are the shortest that read back
    /// exactly.
    public var description: String {
        guard !terms.isEmpty else { return "0.0" }
        return terms.map(Self.text).joined(separator: "+")
    }

    private static func text(_ term: Term) -> String {
        ([term.coefficient.description] + term.factors.map(text)).joined(separator: "*")
    }

    private static func text(_ factor: Factor) -> String {
        let name = "x\(factor.parameter)"
        let variable = factor.scale == 1 ? name : "\(factor.scale)*\(name)"
        return factor.offset == 0 ? "(\(variable))" : "(\(factor.offset)+\(variable))"
    }
}
