extension Circuit {
    /// Adds another circuit's operations at the end.
    ///
    /// - Parameters:
    ///   - other: may be smaller.
    ///   - qubits: where its qubits go; nil for the same indices.
    ///   - bits: where its classical bits go; nil for the same indices.
    ///   - parameterOffset: added to its parameter indices.
    /// - Throws: `CircuitError.placement`, or what appending throws; then `self` is unchanged.
    public mutating func append(
        _ other: Circuit, qubits: [Int]? = nil, bits: [Int]? = nil, parameterOffset: Int = 0
    ) throws(CircuitError) {
        let (qubits, bits) = (qubits ?? Array(0..<other.qubits), bits ?? Array(0..<other.bits))
        guard qubits.count == other.qubits else {
            throw .placement(what: "qubits", count: qubits.count, expected: other.qubits)
        }
        guard bits.count == other.bits else {
            throw .placement(what: "classical bits", count: bits.count, expected: other.bits)
        }
        var result = self
        for operation in other.operations {
            var gate = operation.gate.mapAngles { $0.shifted(by: parameterOffset) }
            if case .measure(let bit) = gate { gate = .measure(bit: bits[bit]) }
            try result.append(Operation(gate, operation.qubits.map { qubits[$0] }))
        }
        self = result
    }

    /// This circuit, then another on the same qubits, whose parameters follow this one's: an
    /// encoding of inputs, then an ansatz of weights.
    ///
    /// The result has no names.
    public func followed(by other: Circuit) throws(CircuitError) -> Circuit {
        guard other.qubits == qubits else {
            throw .placement(what: "qubits", count: qubits, expected: other.qubits)
        }
        var result = try Circuit(
            qubits: qubits, parameters: parameters + other.parameters, bits: max(bits, other.bits))
        try result.append(self)
        try result.append(other, parameterOffset: parameters)
        return result
    }

    /// The circuit that undoes this one.
    ///
    /// - Throws: `.notInvertible` at the first measurement or reset.
    public func inverse() throws(CircuitError) -> Circuit {
        var result = Circuit(emptyLike: self)
        for position in operations.indices.reversed() {
            let operation = operations[position]
            guard let gate = operation.gate.inverse else {
                throw .notInvertible(gate: operation.gate.name, position: position)
            }
            try result.append(Operation(gate, operation.qubits))
        }
        return result
    }

    /// The circuit with numbers in place of its parameters.
    ///
    /// - Parameter values: `parameters` of them, finite.
    /// - Throws: `.parameterValues`, `.nonFiniteParameter`, or `.nonFiniteAngle` where an
    ///   expression overflows.
    public func bound(to values: [Double]) throws(CircuitError) -> Circuit {
        guard values.count == parameters else {
            throw .parameterValues(count: values.count, expected: parameters)
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .nonFiniteParameter(index)
        }
        var result = Circuit(withoutParameters: self)
        for operation in operations {
            let gate = operation.gate.mapAngles { .constant($0.evaluate(values)) }
            try result.append(Operation(gate, operation.qubits))
        }
        return result
    }

    /// Whether no angle depends on a parameter.
    public var isBound: Bool { operations.allSatisfy { $0.gate.requiredParameters == 0 } }
}

extension ParameterExpression {
    /// The same expression of parameters with indices higher by `offset`.
    public func shifted(by offset: Int) -> ParameterExpression {
        guard offset != 0, requiredParameters > 0 else { return self }
        return ParameterExpression(
            terms: terms.map { term in
                Term(
                    coefficient: term.coefficient,
                    factors: term.factors.map {
                        Factor(
                            parameter: $0.parameter + offset, scale: $0.scale, offset: $0.offset)
                    })
            })
    }
}
