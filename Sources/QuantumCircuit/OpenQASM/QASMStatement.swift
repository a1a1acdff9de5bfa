/// An expression in postfix order: evaluated with a stack, however it was nested.
struct QASMExpression {
    enum Part {
        case number(Double)
        case name(String)
        case negate, add, subtract, multiply, divide, power
        case function(QASMFunction)
    }

    var parts: [(part: Part, offset: Int)] = []
}

/// Functions of numbers.
enum QASMFunction: String, CaseIterable {
    case sin, cos, tan, exp, ln, log, sqrt, arcsin, arccos, arctan, asin, acos, atan
}

/// A qubit or bit, or a whole register.
struct QASMOperand {
    let name: String
    let index: Int?
    let offset: Int
}

enum QASMModifier {
    case control(count: Int, isNegated: Bool)
    case inverse
    case power(QASMExpression)
}

/// A gate (or `gphase`, or `barrier`) on operands.
struct QASMCall {
    let name: String
    let offset: Int
    var modifiers: [(modifier: QASMModifier, offset: Int)] = []
    var arguments: [QASMExpression] = []
    var operands: [QASMOperand] = []

    var controls: Int {
        modifiers.reduce(0) { sum, item in
            if case .control(let count, _) = item.modifier { sum + count } else { sum }
        }
    }
}

struct QASMGateDefinition {
    let name: String
    let offset: Int
    let parameters: [String]
    let qubits: [String]
    let body: [QASMCall]
}

enum QASMStatement {
    case include(String, Int)
    case qubits(String, size: Int, Int)
    case bits(String, size: Int, Int)
    case input(String, Int)
    case gate(QASMGateDefinition)
    case opaque(String, Int)
    case call(QASMCall)
    case reset(QASMOperand)
    case measure(QASMOperand, into: QASMOperand)
}
