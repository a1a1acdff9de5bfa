extension Circuit {
    /// The circuit as text: one wire per qubit, one for all classical bits, gates in boxes.
    ///
    ///     q[0] ─┤ H ├────●────┤ M ├─
    ///                    │      │
    ///     q[1] ────────┤ X ├────┼───
    ///                           │
    ///     bits ═════════════════0═══
    ///
    /// Gates share a column where the wires that they span are different.
    ///
    /// - Parameters:
    ///   - width: longer circuits go on below, in blocks of this many columns; at least 40.
    ///   - decimals: of angles that are numbers.
    public func drawing(width: Int = 100, decimals: Int = 3) -> String {
        CircuitDrawing(self, width: max(width, 40), decimals: decimals).text
    }
}

private struct CircuitDrawing {
    /// What one column shows on a wire, and whether a line leaves it downwards.
    private struct Cell {
        var label = ""
        var isBox = false
        var joinsBelow = false
    }

    private let circuit: Circuit
    private let width: Int
    private let decimals: Int
    private let names: [String]
    private var columns: [[Cell]] = []

    init(_ circuit: Circuit, width: Int, decimals: Int) {
        self.circuit = circuit
        self.width = width
        self.decimals = decimals
        let qubits = Self.names(circuit.qubitRegisters, "q", circuit.qubits)
        let bits = circuit.bits > 0 ? ["bits: \(circuit.bits)"] : []
        let longest = (qubits + bits).map(\.count).max() ?? 0
        names = (qubits + bits).map { $0 + String(repeating: " ", count: longest - $0.count) }
        place()
    }

    private static func names(_ registers: [Register], _ name: String, _ count: Int) -> [String] {
        if registers.isEmpty { return (0..<count).map { "\(name)[\($0)]" } }
        return registers.flatMap { register in
            (0..<register.size).map { "\(register.name)[\($0)]" }
        }
    }

    private var wires: Int { names.count }

    /// Each operation in the first column that is free on all wires that it spans.
    private mutating func place() {
        var free = [Int](repeating: 0, count: wires)
        for operation in circuit.operations {
            let cells = cells(operation)
            guard let top = cells.keys.min(), let bottom = cells.keys.max() else { continue }
            let column = free[top...bottom].max() ?? 0
            if column == columns.count {
                columns.append([Cell](repeating: Cell(), count: wires))
            }
            for wire in top...bottom {
                if let cell = cells[wire] { columns[column][wire] = cell }
                columns[column][wire].joinsBelow = wire < bottom
                free[wire] = column + 1
            }
        }
    }

    // MARK: Labels

    private func cells(_ operation: Operation) -> [Int: Cell] {
        var cells: [Int: Cell] = [:]
        let labels = labels(operation.gate)
        for (place, qubit) in operation.qubits.enumerated() {
            let label = labels[min(place, labels.count - 1)]
            cells[qubit] = Cell(label: label, isBox: !["●", "╳", "░"].contains(label))
        }
        if case .measure(let bit) = operation.gate {
            cells[circuit.qubits] = Cell(label: "\(bit)")
        }
        return cells
    }

    /// One label for each operand; the last one holds for the rest.
    private func labels(_ gate: Gate) -> [String] {
        let angles = gate.angles.map(text).joined(separator: ", ")
        let named = gate.name.uppercased() + (angles.isEmpty ? "" : "(\(angles))")
        switch gate {
        case .cx, .ccx: return [String](repeating: "●", count: gate.qubitCount - 1) + ["X"]
        case .cy: return ["●", "Y"]
        case .ch: return ["●", "H"]
        case .cz: return ["●"]
        case .cp: return ["●", "P(\(angles))"]
        case .crx: return ["●", "RX(\(angles))"]
        case .cry: return ["●", "RY(\(angles))"]
        case .crz: return ["●", "RZ(\(angles))"]
        case .cu: return ["●", "U(\(angles))"]
        case .swap: return ["╳"]
        case .cswap: return ["●", "╳"]
        case .barrier: return ["░"]
        case .measure: return ["M"]
        case .reset: return ["|0⟩"]
        case .sdg: return ["S†"]
        case .tdg: return ["T†"]
        case .sx: return ["√X"]
        case .sxdg: return ["√X†"]
        case .ecr: return ["ECR:0", "ECR:1"]
        case .unitary(let unitary) where unitary.qubits == 2: return ["UNITARY:0", "UNITARY:1"]
        default: return [named]
        }
    }

    private func text(_ angle: ParameterExpression) -> String {
        guard let number = angle.constantValue else {
            let names =
                circuit.parameterNames.isEmpty
                ? (0..<circuit.parameters).map { "x\($0)" } : circuit.parameterNames
            return QASMNumbers.text(angle, names: names).replacing("pi", with: "π")
        }
        let exact = QASMNumbers.text(number)
        if exact.contains("pi") || exact == "0" { return exact.replacing("pi", with: "π") }
        return rounded(number)
    }

    private func rounded(_ number: Double) -> String {
        guard abs(number) < 1e6 else { return "\(number)" }
        let scale = (0..<decimals).reduce(1.0) { scale, _ in 10 * scale }
        return "\((number * scale).rounded() / scale)"
    }

    // MARK: Lines

    var text: String {
        var blocks: [[String]] = []
        var block = startedBlock()
        for column in columns {
            let part = lines(of: column)
            if block[0].count > names[0].count + 1,
                block[0].count + part[0].count > width
            {
                blocks.append(block)
                block = startedBlock()
            }
            block = zip(block, part).map { $0 + $1 }
        }
        blocks.append(block)
        return blocks.map { $0.filter { !$0.allSatisfy { $0 == " " } } }
            .map { $0.map { String($0.reversed().drop { $0 == " " }.reversed()) } }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    /// A wire's line, then the line below it.
    private func startedBlock() -> [String] {
        names.flatMap { [$0 + " ", String(repeating: " ", count: $0.count + 1)] }
    }

    private func lines(of column: [Cell]) -> [String] {
        let inner = column.map { $0.isBox ? $0.label.count + 4 : $0.label.count }.max() ?? 0
        let size = inner + 2
        return column.enumerated().flatMap { wire, cell -> [String] in
            let line: Character = wire < circuit.qubits ? "─" : "═"
            let isCrossed = cell.label.isEmpty && cell.joinsBelow
            let content =
                cell.isBox ? "┤ \(cell.label) ├" : isCrossed ? "┼" : cell.label
            let below = cell.joinsBelow ? (isBarrier(cell, column, wire) ? "░" : "│") : ""
            return [centred(content, size, line), centred(below, size, " ")]
        }
    }

    /// Barriers are drawn through.
    private func isBarrier(_ cell: Cell, _ column: [Cell], _ wire: Int) -> Bool {
        cell.label == "░" || column[..<wire].last { !$0.label.isEmpty }?.label == "░"
    }

    private func centred(_ content: String, _ size: Int, _ fill: Character) -> String {
        let left = (size - content.count) / 2
        return String(repeating: fill, count: left) + content
            + String(repeating: fill, count: size - content.count - left)
    }
}
