/// The gates that a text can call, and what its calls expand to.
struct QASMGates {
    enum Entry {
        case native(QASMNativeGate)
        /// With the gate of the closed set that it equals up to a global phase, if it does;
        /// `isExact` when the phase is the same too.
        case defined(QASMGateDefinition, equal: QASMNativeGate?, isExact: Bool)
        case opaque
    }

    let limits: QASMLimits
    var isStandardIncluded = false
    private var defined: [String: Entry] = [:]
    /// Gates taken out of definitions so far.
    private var expansions = 0

    init(_ limits: QASMLimits) { self.limits = limits }

    /// The same gates with nothing expanded yet.
    func copy(limits: QASMLimits) -> QASMGates {
        var copy = QASMGates(limits)
        copy.isStandardIncluded = isStandardIncluded
        copy.defined = defined
        return copy
    }

    private func entry(_ call: QASMCall) throws(QASMFault) -> Entry {
        if let entry = defined[call.name] { return entry }
        if let gate = QASMLibrary.builtIn[call.name] { return .native(gate) }
        if let gate = QASMLibrary.included[call.name] {
            if isStandardIncluded { return .native(gate) }
            throw QASMFault(
                call.offset,
                .unknown(
                    kind: "gate", name: call.name,
                    hint: "include \"stdgates.inc\" (or \"qelib1.inc\") has it"))
        }
        throw QASMFault(
            call.offset, .unknown(kind: "gate", name: call.name, hint: "define it before its use"))
    }

    // MARK: Definitions

    mutating func defineOpaque(_ name: String, _ offset: Int) throws(QASMFault) {
        try checkNew(name, offset)
        defined[name] = .opaque
    }

    mutating func define(_ definition: QASMGateDefinition) throws(QASMFault) {
        try checkNew(definition.name, definition.offset)
        guard definition.qubits.count <= Circuit.maximumQubits else {
            throw QASMFault(
                definition.offset,
                .limit(what: "qubits of a gate", allowed: Circuit.maximumQubits))
        }
        var names: Set<String> = []
        for name in definition.parameters + definition.qubits
        where !names.insert(name).inserted {
            throw QASMFault(definition.offset, .repeated(name: name))
        }
        let qubits = Set(definition.qubits)
        for call in definition.body { try check(call, qubits) }
        let known = QASMLibrary.included[definition.name] ?? QASMLibrary.builtIn[definition.name]
        let comparison = known.map { compare(definition, $0) } ?? .different
        defined[definition.name] = .defined(
            definition, equal: comparison == .different ? nil : known,
            isExact: comparison == .exact)
    }

    private func checkNew(_ name: String, _ offset: Int) throws(QASMFault) {
        guard defined[name] == nil else { throw QASMFault(offset, .repeated(name: name)) }
        guard defined.count < limits.gateDefinitions else {
            throw QASMFault(
                offset, .limit(what: "gate definitions", allowed: limits.gateDefinitions))
        }
    }

    /// A call within a definition: known gates, on distinct qubits of the definition.
    private func check(_ call: QASMCall, _ qubits: Set<String>) throws(QASMFault) {
        var seen: Set<String> = []
        for operand in call.operands {
            guard operand.index == nil, qubits.contains(operand.name) else {
                throw QASMFault(
                    operand.offset,
                    .unknown(
                        kind: "qubit of this gate", name: operand.name,
                        hint: "declared: " + qubits.sorted().joined(separator: ", ")))
            }
            guard seen.insert(operand.name).inserted else {
                throw QASMFault(call.offset, .repeatedQubit(gate: call.name))
            }
        }
        if call.name == "barrier" { return }
        try checkCounts(call)
    }

    private func checkCounts(_ call: QASMCall) throws(QASMFault) {
        guard call.controls <= limits.controls else {
            throw QASMFault(
                call.offset, .limit(what: "controls of a gate", allowed: limits.controls))
        }
        if call.name == "gphase" {
            return try checkCounts(call, parameters: 1, qubits: 0)
        }
        switch try entry(call) {
        case .native(let gate):
            try checkCounts(call, parameters: gate.parameters, qubits: gate.qubits)
        case .defined(let definition, _, _):
            try checkCounts(
                call, parameters: definition.parameters.count, qubits: definition.qubits.count)
        case .opaque:
            throw QASMFault(
                call.offset,
                .unsupported("the opaque gate '\(call.name)'", supported: "gates with a body"))
        }
    }

    private func checkCounts(
        _ call: QASMCall, parameters: Int, qubits: Int
    ) throws(QASMFault) {
        guard call.arguments.count == parameters else {
            throw QASMFault(
                call.offset,
                .count(
                    what: "angles of gate \(call.name)", count: call.arguments.count,
                    expected: parameters))
        }
        guard call.operands.count == qubits + call.controls else {
            throw QASMFault(
                call.offset,
                .count(
                    what: "qubits of gate \(call.name)", count: call.operands.count,
                    expected: qubits + call.controls))
        }
    }

    // MARK: Expansion

    /// What a call does, on its operands' numbers in the call.
    mutating func atoms(
        _ call: QASMCall, scope: [String: ParameterExpression], depth: Int
    ) throws(QASMFault) -> [QASMAtom] {
        try checkCounts(call)
        guard depth < limits.gateNesting else {
            throw QASMFault(
                call.offset, .limit(what: "levels of gate definitions", allowed: limits.gateNesting)
            )
        }
        let evaluator = QASMEvaluator(limits: limits, scope: scope)
        let angles = try call.arguments.map { (argument) throws(QASMFault) in
            try evaluator.value(argument)
        }
        var result: [QASMAtom]
        if call.name == "gphase" {
            result = [.phase(angles[0], [])]
        } else {
            switch try entry(call) {
            case .native(let gate): result = gate.atoms(angles)
            case .defined(_, let gate?, let isExact) where isExact || call.controls == 0:
                result = gate.atoms(angles)
            case .defined(let definition, _, _):
                result = try expand(definition, angles, depth: depth)
            case .opaque: result = []
            }
        }
        try count(result.count, call.offset)
        for item in call.modifiers.reversed() {
            result = try apply(item.modifier, item.offset, evaluator, to: result)
            try count(result.count, call.offset)
        }
        return result
    }

    mutating func expand(
        _ definition: QASMGateDefinition, _ angles: [ParameterExpression], depth: Int
    ) throws(QASMFault) -> [QASMAtom] {
        let scope = Dictionary(uniqueKeysWithValues: zip(definition.parameters, angles))
        let numbers = Dictionary(
            uniqueKeysWithValues: zip(definition.qubits, definition.qubits.indices))
        var result: [QASMAtom] = []
        for call in definition.body {
            try count(1, call.offset)
            let operands = call.operands.map { numbers[$0.name] ?? 0 }
            if call.name == "barrier" {
                let all = operands.isEmpty ? Array(definition.qubits.indices) : operands
                result.append(.gate(.barrier(all.count), all))
            } else {
                let inner = try atoms(call, scope: scope, depth: depth + 1)
                result += inner.map { $0.mapOperands { operands[$0] } }
            }
        }
        return result
    }

    /// The circuit's gates for a call at the top level, on its operands' numbers.
    mutating func gates(
        _ call: QASMCall, scope: [String: ParameterExpression]
    ) throws(QASMFault) -> [(gate: Gate, operands: [Int])] {
        let atoms = try atoms(call, scope: scope, depth: 0)
        try count(atoms.reduce(0) { $0 + $1.gateCount }, call.offset)
        return atoms.flatMap(\.gates)
    }

    private mutating func count(_ number: Int, _ offset: Int) throws(QASMFault) {
        expansions += number
        guard expansions <= limits.expansions else {
            throw QASMFault(
                offset, .limit(what: "gates out of definitions", allowed: limits.expansions))
        }
    }

    private mutating func apply(
        _ modifier: QASMModifier, _ offset: Int, _ evaluator: QASMEvaluator,
        to atoms: [QASMAtom]
    ) throws(QASMFault) -> [QASMAtom] {
        switch modifier {
        case .inverse: return atoms.reversed().map(\.inverse)
        case .control(let controls, let isNegated):
            let list = Array(0..<controls)
            let flips = isNegated ? list.map { QASMAtom.gate(.x, [$0]) } : []
            let moved = atoms.map { $0.mapOperands { $0 + controls } }
            let result = flips + moved.flatMap { $0.controlled(by: list) } + flips
            for case .phase(_, let operands) in result
            where operands.count > limits.phaseOperands {
                throw QASMFault(
                    offset, .limit(what: "qubits of one phase", allowed: limits.phaseOperands))
            }
            return result
        case .power(let expression):
            return try power(of: atoms, try evaluator.number(expression), offset)
        }
    }

    private mutating func power(
        of atoms: [QASMAtom], _ exponent: Double, _ offset: Int
    ) throws(QASMFault) -> [QASMAtom] {
        if exponent == exponent.rounded() {
            guard abs(exponent) <= Double(limits.exponent) else {
                throw QASMFault(
                    offset, .limit(what: "repetitions by pow", allowed: limits.exponent))
            }
            let base = exponent < 0 ? atoms.reversed().map(\.inverse) : atoms
            let times = Int(abs(exponent))
            try count(base.count * times, offset)
            return (0..<times).flatMap { _ in base }
        }
        guard atoms.count == 1, let result = atoms[0].power(exponent) else {
            throw QASMFault(
                offset,
                .unsupported(
                    "pow(\(exponent)) of this gate",
                    supported: "whole powers, and any power of rotations and Pauli gates"))
        }
        return result
    }
}
