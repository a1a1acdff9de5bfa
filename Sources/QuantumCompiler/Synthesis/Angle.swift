private import Glibc
import QuantumCircuit

/// Arithmetic of angles up to whole turns.
enum Angle {
    /// Two angles closer than this are one: rounding of a few dozen gates, far below any device's.
    static let tolerance = 1e-11

    /// In −π…π; next to a multiple of π/4, that multiple.
    static func reduced(_ angle: Double) -> Double {
        var value = remainder(angle, 2 * .pi)
        if value <= -.pi + tolerance { value += 2 * .pi }
        let eighths = (value / (.pi / 4)).rounded()
        return abs(value - eighths * .pi / 4) < tolerance ? eighths * .pi / 4 : value
    }

    /// Whether the angle is a multiple of the period.
    static func isMultiple(_ angle: Double, of period: Double) -> Bool {
        abs(remainder(angle, period)) < tolerance
    }
}

extension ParameterExpression {
    /// Simplified, with the constant part reduced by whole turns.
    var reduced: ParameterExpression {
        let simple = simplified
        guard let constant = simple.terms.last, constant.factors.isEmpty else { return simple }
        let value = Angle.reduced(constant.coefficient)
        let rest = Array(simple.terms.dropLast())
        if rest.isEmpty { return .constant(value) }
        return ParameterExpression(
            terms: value == 0 ? rest : rest + [Term(coefficient: value)])
    }

    /// Whether it is a multiple of the period for all parameters.
    func isMultiple(of period: Double) -> Bool {
        fixedValue.map { Angle.isMultiple($0, of: period) } ?? false
    }

    static func - (
        left: ParameterExpression, right: ParameterExpression
    ) -> ParameterExpression { left + -1 * right }

    static func + (left: ParameterExpression, right: Double) -> ParameterExpression {
        left + .constant(right)
    }

    static func - (left: ParameterExpression, right: Double) -> ParameterExpression {
        left + .constant(-right)
    }
}
