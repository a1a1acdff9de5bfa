extension Circuit {
    /// The circuit as OpenQASM 3, which Qiskit's importer and this module's read back.
    ///
    /// Gates beyond stdgates.inc come with a definition. Unnamed qubits, bits and parameters get
    /// the names `q`, `c` and `x0`, `x1`, …; names that OpenQASM keeps for itself get an ending.
    /// Arbitrary unitaries become rotations under at most one control, equal up to a global phase.
    public var openQASM: String {
        var exporter = QASMExporter(self)
        return exporter.text()
    }
}

private struct QASMExporter {
    private let circuit: Circuit
    private var taken: Set<String>
    private var qubitNames: [String] = []
    private var bitNames: [String] = []
    private var parameterNames: [String] = []
    private var declarations: [String] = []
    private var unitaries: [UnitaryMatrix: String] = [:]
    private var definitions: [String] = []
    private var defined: Set<String> = []

    init(_ circuit: Circuit) {
        self.circuit = circuit
        taken = QASMWords.reserved
    }

    mutating func text() -> String {
        declare()
        let body = circuit.operations.map { line($0) }
        let head = ["OPENQASM 3.0;", "include \"stdgates.inc\";"]
        return (head + declarations + definitions + body).joined(separator: "\n") + "\n"
    }

    private mutating func declare() {
        let names =
            circuit.parameterNames.isEmpty
            ? (0..<circuit.parameters).map { "x\($0)" } : circuit.parameterNames
        parameterNames = names.map { free($0) }
        declarations = parameterNames.map { "input float[64] \($0);" }
        for (name, size) in registers(circuit.bitRegisters, "c", circuit.bits) {
            declarations.append("bit[\(size)] \(name);")
            bitNames += (0..<size).map { "\(name)[\($0)]" }
        }
        for (name, size) in registers(circuit.qubitRegisters, "q", circuit.qubits) {
            declarations.append("qubit[\(size)] \(name);")
            qubitNames += (0..<size).map { "\(name)[\($0)]" }
        }
    }

    private mutating func registers(
        _ registers: [Register], _ name: String, _ size: Int
    ) -> [(String, Int)] {
        if size == 0 { return [] }
        if registers.isEmpty { return [(free(name), size)] }
        return registers.map { (free($0.name), $0.size) }
    }

    /// The name, or the first of name_0, name_1, … that is neither reserved nor in use.
    private mutating func free(_ name: String) -> String {
        var (candidate, number) = (name, 0)
        while !taken.insert(candidate).inserted {
            candidate = "\(name)_\(number)"
            number += 1
        }
        return candidate
    }

    // MARK: Statements

    private mutating func line(_ operation: Operation) -> String {
        let qubits = operation.qubits.map { qubitNames[$0] }
        let list = qubits.joined(separator: ", ")
        switch operation.gate {
        case .measure(let bit): return "\(bitNames[bit]) = measure \(list);"
        case .unitary(let unitary): return "\(name(of: unitary)) \(list);"
        default:
            define(operation.gate.name)
            return call(operation.gate) + " \(list);"
        }
    }

    private func call(_ gate: Gate) -> String {
        let name = if case .u = gate { "U" } else { gate.name }
        if gate.angles.isEmpty { return name }
        let angles = gate.angles.map { QASMNumbers.text($0, names: parameterNames) }
        return "\(name)(\(angles.joined(separator: ", ")))"
    }

    private mutating func define(_ name: String) {
        guard let text = QASMWords.definitions[name], defined.insert(name).inserted else { return }
        // ryy is written with sxdg.
        if name == "ryy" { define("sxdg") }
        definitions.append(text)
    }

    private mutating func name(of unitary: UnitaryMatrix) -> String {
        if let name = unitaries[unitary] { return name }
        let name = free("unitary_\(unitaries.count)")
        unitaries[unitary] = name
        let operands = ["a", "b"].prefix(unitary.qubits)
        let body = unitary.rotations.operations.map { operation in
            let list = operation.qubits.map { operands[$0] }.joined(separator: ", ")
            return "  \(call(operation.gate)) \(list);\n"
        }
        definitions.append(
            "gate \(name) \(operands.joined(separator: ", ")) {\n\(body.joined())}")
        return name
    }
}

/// Words that OpenQASM 3 or an exported text has a meaning for.
enum QASMWords {
    /// Gates that stdgates.inc does not have, in Qiskit's definitions.
    static let definitions: [String: String] = [
        "sxdg": "gate sxdg a { s a; h a; s a; }",
        "iswap": "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }",
        "rxx": "gate rxx(theta) a, b { h a; h b; cx a, b; rz(theta) b; cx a, b; h b; h a; }",
        "ryy": """
        gate ryy(theta) a, b { sxdg a; sxdg b; cx a, b; rz(theta) b; cx a, b; sx a; sx b; }
        """,
        "rzz": "gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }",
        "ecr": "gate ecr a, b { s a; sx b; cx a, b; x a; }",
    ]

    static let reserved: Set<String> = Set(QASMLibrary.included.keys)
        .union(QASMLibrary.builtIn.keys).union(QASMParser.unsupportedWords)
        .union(QASMFunction.allCases.map(\.rawValue))
        .union([
            "OPENQASM", "include", "qubit", "bit", "qreg", "creg", "input", "gate", "opaque",
            "reset", "measure", "barrier", "gphase", "ctrl", "negctrl", "inv", "pow", "pi", "π",
            "tau", "τ", "euler", "ℇ", "im", "mod", "true", "false", "in", "void", "const",
            "readonly", "mutable", "durationof", "nop", "case", "default",
        ])
}

/// Numbers and angles as OpenQASM writes them.
enum QASMNumbers {
    /// `pi/2` where that is the same number, else the shortest that reads back exactly.
    static func text(_ number: Double) -> String {
        if number == 0 { return "0" }
        for divisor in [1, 2, 3, 4, 6, 8, 16] {
            let multiple = (number * Double(divisor) / .pi).rounded()
            guard abs(multiple) <= 16, multiple != 0, multiple * .pi / Double(divisor) == number
            else { continue }
            let sign = number < 0 ? "-" : ""
            let times = abs(multiple) == 1 ? "pi" : "\(Int(abs(multiple)))*pi"
            return sign + times + (divisor == 1 ? "" : "/\(divisor)")
        }
        return number.description
    }

    static func text(_ angle: ParameterExpression, names: [String]) -> String {
        if angle.requiredParameters == 0 { return text(angle.evaluate([])) }
        var result = ""
        for term in angle.terms {
            let isNegative = term.coefficient < 0
            let magnitude = text(abs(term.coefficient))
            var factors = term.factors.map { text($0, names) }
            if factors.isEmpty || magnitude != "1.0" { factors.insert(magnitude, at: 0) }
            let product = factors.joined(separator: "*")
            if result.isEmpty {
                result = (isNegative ? "-" : "") + product
            } else {
                result += (isNegative ? " - " : " + ") + product
            }
        }
        return result
    }

    private static func text(_ factor: ParameterExpression.Factor, _ names: [String]) -> String {
        let scale = text(abs(factor.scale))
        let variable =
            abs(factor.scale) == 1
            ? names[factor.parameter] : "\(scale)*\(names[factor.parameter])"
        if factor.offset == 0 { return factor.scale < 0 ? "(-\(variable))" : variable }
        return "(\(text(factor.offset)) \(factor.scale < 0 ? "-" : "+") \(variable))"
    }
}
