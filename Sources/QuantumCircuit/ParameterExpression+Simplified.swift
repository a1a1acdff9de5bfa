extension ParameterExpression {
    /// Terms with equal factors added up, in the order of their first occurrence; zeros dropped,
    /// the constant last. Without a term left, the constant 0.
    public var simplified: ParameterExpression {
        guard terms.count > 1 || terms.first?.coefficient == 0 || terms.isEmpty else { return self }
        var kept: [(factors: [Factor], coefficient: Double)] = []
        for term in terms {
            if let index = kept.firstIndex(where: { $0.factors == term.factors }) {
                kept[index].coefficient += term.coefficient
            } else {
                kept.append((term.factors, term.coefficient))
            }
        }
        kept.removeAll { $0.coefficient == 0 }
        if kept.isEmpty { return .constant(0) }
        let ordered = kept.filter { !$0.factors.isEmpty } + kept.filter(\.factors.isEmpty)
        return ParameterExpression(
            terms: ordered.map { Term(coefficient: $0.coefficient, factors: $0.factors) })
    }

    /// The number that the expression is, whatever the parameters; nil when it depends on them.
    ///
    /// `x₀ − x₀` is found to be 0, but polynomials are not multiplied out.
    public var fixedValue: Double? {
        if requiredParameters == 0 { return evaluate([]) }
        let simple = simplified
        return simple.requiredParameters == 0 ? simple.evaluate([]) : nil
    }
}
