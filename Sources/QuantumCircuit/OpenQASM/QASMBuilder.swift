/// Turns statements into the operations of a circuit.
struct QASMBuilder {
    struct Place {
        let start: Int
        let size: Int
    }

    var gates: QASMGates
    private var qubits: [(register: Register, start: Int)] = []
    private var bits: [(register: Register, start: Int)] = []
    private var places: [String: (place: Place, isQubit: Bool)] = [:]
    private var inputs: [String: ParameterExpression] = [:]
    private var inputNames: [String] = []
    private var operations: [Operation] = []

    init(_ limits: QASMLimits) {
        gates = QASMGates(limits)
    }

    mutating func apply(_ statement: QASMStatement) throws(QASMFault) {
        switch statement {
        case .include(let name, let offset):
            guard QASMLibrary.includes.contains(name) else {
                throw QASMFault(
                    offset,
                    .unsupported("include \"\(name)\"", supported: "stdgates.inc and qelib1.inc"))
            }
            gates.isStandardIncluded = true
        case .qubits(let name, let size, let offset):
            try declare(name, size, offset, isQubit: true)
        case .bits(let name, let size, let offset):
            try declare(name, size, offset, isQubit: false)
        case .input(let name, let offset):
            try checkNew(name, offset)
            inputs[name] = .parameter(inputNames.count)
            inputNames.append(name)
        case .gate(let definition): try gates.define(definition)
        case .opaque(let name, let offset): try gates.defineOpaque(name, offset)
        case .call(let call): try apply(call)
        case .reset(let operand):
            for qubit in try indices(operand, isQubit: true) {
                try append(Operation(.reset, [qubit]), operand.offset)
            }
        case .measure(let source, let target): try measure(source, target)
        }
    }

    // MARK: Declarations

    private mutating func declare(
        _ name: String, _ size: Int, _ offset: Int, isQubit: Bool
    ) throws(QASMFault) {
        try checkNew(name, offset)
        let start = (isQubit ? qubits : bits).last.map { $0.start + $0.register.size } ?? 0
        let limit = isQubit ? Circuit.maximumQubits : Circuit.maximumBits
        guard size <= limit - start else {
            throw QASMFault(
                offset, .limit(what: isQubit ? "qubits" : "classical bits", allowed: limit))
        }
        let register: Register
        do { register = try Register(name, size: size) } catch {
            throw QASMFault(offset, .circuit(error))
        }
        if isQubit { qubits.append((register, start)) } else { bits.append((register, start)) }
        places[name] = (Place(start: start, size: size), isQubit)
    }

    private func checkNew(_ name: String, _ offset: Int) throws(QASMFault) {
        guard places[name] == nil, inputs[name] == nil else {
            throw QASMFault(offset, .repeated(name: name))
        }
        guard inputNames.count < 65_536 else {
            throw QASMFault(offset, .limit(what: "inputs", allowed: 65_536))
        }
    }

    // MARK: Operands

    private func place(_ operand: QASMOperand, isQubit: Bool) throws(QASMFault) -> Place {
        let kind = isQubit ? "qubit register" : "classical register"
        guard let found = places[operand.name], found.isQubit == isQubit else {
            let names = (isQubit ? qubits : bits).prefix(8).map(\.register.name)
            let hint =
                names.isEmpty
                ? "none is declared yet" : "declared: " + names.joined(separator: ", ")
            throw QASMFault(
                operand.offset, .unknown(kind: kind, name: operand.name, hint: hint))
        }
        guard let index = operand.index else { return found.place }
        guard index < found.place.size else {
            throw QASMFault(
                operand.offset,
                .outOfRange(name: operand.name, index: index, size: found.place.size))
        }
        return Place(start: found.place.start + index, size: 1)
    }

    private func indices(_ operand: QASMOperand, isQubit: Bool) throws(QASMFault) -> Range<Int> {
        let place = try place(operand, isQubit: isQubit)
        return place.start..<place.start + place.size
    }

    // MARK: Operations

    private mutating func measure(
        _ source: QASMOperand, _ target: QASMOperand
    ) throws(QASMFault) {
        let (from, into) = (
            try indices(source, isQubit: true), try indices(target, isQubit: false)
        )
        guard from.count == into.count else {
            throw QASMFault(
                target.offset,
                .count(what: "bits of '\(target.name)'", count: into.count, expected: from.count))
        }
        for (qubit, bit) in zip(from, into) {
            try append(Operation(.measure(bit: bit), [qubit]), source.offset)
        }
    }

    private mutating func apply(_ call: QASMCall) throws(QASMFault) {
        if call.name == "barrier" { return try barrier(call) }
        let places = try call.operands.map { (operand) throws(QASMFault) in
            try place(operand, isQubit: true)
        }
        let expansion = try gates.gates(call, scope: inputs)
        let width = places.map(\.size).max() ?? 1
        if let odd = places.firstIndex(where: { $0.size != 1 && $0.size != width }) {
            throw QASMFault(
                call.operands[odd].offset,
                .count(
                    what: "qubits of '\(call.operands[odd].name)'", count: places[odd].size,
                    expected: width))
        }
        for step in 0..<width {
            let actual = places.map { $0.start + ($0.size == 1 ? 0 : step) }
            if Set(actual).count != actual.count {
                throw QASMFault(call.offset, .repeatedQubit(gate: call.name))
            }
            for (gate, operands) in expansion {
                try append(Operation(gate, operands.map { actual[$0] }), call.offset)
            }
        }
    }

    private mutating func barrier(_ call: QASMCall) throws(QASMFault) {
        guard call.arguments.isEmpty, call.modifiers.isEmpty else {
            throw QASMFault(call.offset, .count(what: "angles of barrier", count: 1, expected: 0))
        }
        var seen = Set<Int>()
        var list: [Int] = []
        for operand in call.operands {
            for qubit in try indices(operand, isQubit: true) where seen.insert(qubit).inserted {
                list.append(qubit)
            }
        }
        if call.operands.isEmpty {
            list = Array(0..<(qubits.last.map { $0.start + $0.register.size } ?? 0))
        }
        if list.isEmpty { return }
        try append(Operation(.barrier(list.count), list), call.offset)
    }

    private mutating func append(_ operation: Operation, _ offset: Int) throws(QASMFault) {
        guard operations.count < gates.limits.operations else {
            throw QASMFault(offset, .limit(what: "operations", allowed: gates.limits.operations))
        }
        operations.append(operation)
    }

    // MARK: The circuit

    /// - Parameter end: where a problem that only the whole shows is reported.
    consuming func finish(end: Int) throws(QASMFault) -> Circuit {
        guard !qubits.isEmpty else {
            throw QASMFault(
                end,
                .unexpected(found: "no qubits", expected: "a declaration such as 'qubit[2] q;'"))
        }
        do {
            var circuit = try Circuit(
                qubitRegisters: qubits.map(\.register), bitRegisters: bits.map(\.register),
                parameterNames: inputNames)
            try circuit.append(contentsOf: operations)
            return circuit
        } catch { throw QASMFault(end, .circuit(error)) }
    }
}
