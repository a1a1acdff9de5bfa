private import Glibc

/// Evaluates postfix expressions to polynomials of the circuit's parameters.
struct QASMEvaluator {
    let limits: QASMLimits
    /// What the names in scope stand for, on top of pi, tau and euler.
    let scope: [String: ParameterExpression]

    private static let constants: [String: Double] = [
        "pi": .pi, "π": .pi, "tau": 2 * .pi, "τ": 2 * .pi, "euler": M_E, "ℇ": M_E,
    ]

    /// - Throws: unknown names, functions of parameters, infinities, more parts than allowed.
    func value(_ expression: QASMExpression) throws(QASMFault) -> ParameterExpression {
        var stack: [ParameterExpression] = []
        for (part, offset) in expression.parts {
            switch part {
            case .number(let number): stack.append(.constant(number))
            case .name(let name): stack.append(try lookUp(name, offset))
            case .negate: stack.append(-stack.removeLast())
            case .function(let function):
                stack.append(.constant(call(function, try constant(stack.removeLast(), offset))))
            case .add, .subtract, .multiply, .divide, .power:
                let right = stack.removeLast()
                let left = stack.removeLast()
                stack.append(try combine(part, left, right, offset))
            }
        }
        let result = stack.removeLast()
        guard result.isFinite else {
            throw QASMFault(expression.parts[0].offset, .notFinite)
        }
        return result
    }

    /// The value of an expression that must not depend on parameters.
    func number(_ expression: QASMExpression) throws(QASMFault) -> Double {
        try constant(value(expression), expression.parts[0].offset)
    }

    private func lookUp(_ name: String, _ offset: Int) throws(QASMFault) -> ParameterExpression {
        if let value = scope[name] { return value }
        if let number = Self.constants[name] { return .constant(number) }
        throw QASMFault(
            offset,
            .unknown(kind: "parameter", name: name, hint: "parameters are declared by 'input'"))
    }

    private func constant(
        _ value: ParameterExpression, _ offset: Int
    ) throws(QASMFault) -> Double {
        guard let number = value.constantValue else {
            throw QASMFault(
                offset,
                .unsupported(
                    "this operation on a parameter",
                    supported: "sums and products of parameters, and division by numbers"))
        }
        return number
    }

    private func combine(
        _ part: QASMExpression.Part, _ left: ParameterExpression, _ right: ParameterExpression,
        _ offset: Int
    ) throws(QASMFault) -> ParameterExpression {
        switch part {
        case .add: return try limited(left.adding(right), offset)
        case .subtract: return try limited(left.adding(-right), offset)
        case .multiply: return try multiply(left, right, offset)
        case .divide:
            let divisor = try constant(right, offset)
            if let number = left.constantValue { return .constant(number / divisor) }
            return left.divided(by: divisor)
        default:
            let exponent = try constant(right, offset)
            if let number = left.constantValue { return .constant(pow(number, exponent)) }
            guard exponent >= 0, exponent <= 8, exponent == exponent.rounded() else {
                throw QASMFault(
                    offset,
                    .unsupported(
                        "a parameter to the power \(exponent)", supported: "whole powers up to 8"))
            }
            var result = ParameterExpression.constant(1)
            for _ in 0..<Int(exponent) { result = try multiply(result, left, offset) }
            return result
        }
    }

    private func multiply(
        _ left: ParameterExpression, _ right: ParameterExpression, _ offset: Int
    ) throws(QASMFault) -> ParameterExpression {
        if let number = left.constantValue { return right.scaled(by: number) }
        if let number = right.constantValue { return left.scaled(by: number) }
        // The size of the product before it is made.
        let terms = left.terms.count * right.terms.count
        let parts = left.partCount * right.terms.count + right.partCount * left.terms.count
        guard terms <= limits.angleParts, parts <= 2 * limits.angleParts else {
            throw tooLarge(offset)
        }
        return try limited(left * right, offset)
    }

    private func limited(
        _ value: ParameterExpression, _ offset: Int
    ) throws(QASMFault) -> ParameterExpression {
        guard value.partCount <= limits.angleParts else { throw tooLarge(offset) }
        return value
    }

    private func tooLarge(_ offset: Int) -> QASMFault {
        QASMFault(
            offset, .limit(what: "terms and factors of one angle", allowed: limits.angleParts))
    }

    private func call(_ function: QASMFunction, _ value: Double) -> Double {
        switch function {
        case .sin: sin(value)
        case .cos: cos(value)
        case .tan: tan(value)
        case .exp: exp(value)
        case .ln, .log: log(value)
        case .sqrt: value.squareRoot()
        case .arcsin, .asin: asin(value)
        case .arccos, .acos: acos(value)
        case .arctan, .atan: atan(value)
        }
    }
}

extension ParameterExpression {
    /// The number that it is without any parameter; nil when it has some.
    public var constantValue: Double? {
        guard terms.allSatisfy({ $0.factors.isEmpty }) else { return nil }
        return terms.reduce(0) { $0 + $1.coefficient }
    }

    var partCount: Int { terms.reduce(terms.count) { $0 + $1.factors.count } }

    func scaled(by number: Double) -> ParameterExpression {
        number == 0 ? .constant(0) : number * self
    }

    func divided(by number: Double) -> ParameterExpression {
        ParameterExpression(
            terms: terms.map { Term(coefficient: $0.coefficient / number, factors: $0.factors) })
    }

    /// The sum; a number and one parameter become one affine factor, so that `pi - x` is the factor
    /// that a product keeps.
    func adding(_ other: ParameterExpression) -> ParameterExpression {
        switch (constantValue, other.constantValue) {
        case (let left?, let right?): .constant(left + right)
        case (let number?, nil): other.offset(by: number, isFirst: true)
        case (nil, let number?): offset(by: number, isFirst: false)
        case (nil, nil): self + other
        }
    }

    private func offset(by number: Double, isFirst: Bool) -> ParameterExpression {
        if number == 0 { return self }
        if terms.count == 1, terms[0].factors.count == 1 {
            let (coefficient, factor) = (terms[0].coefficient, terms[0].factors[0])
            return .affine(
                factor.parameter, scale: coefficient * factor.scale,
                offset: coefficient * factor.offset + number)
        }
        return isFirst ? .constant(number) + self : self + .constant(number)
    }
}
