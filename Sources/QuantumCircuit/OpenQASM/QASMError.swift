/// What is wrong with an OpenQASM text, and where.
public struct QASMError: Error, Hashable, Sendable {
    public enum Problem: Hashable, Sendable {
        case unexpected(found: String, expected: String)
        case unsupported(String, supported: String)
        case unknown(kind: String, name: String, hint: String)
        case repeated(name: String)
        case count(what: String, count: Int, expected: Int)
        case outOfRange(name: String, index: Int, size: Int)
        case limit(what: String, allowed: Int)
        case repeatedQubit(gate: String)
        case notFinite
        case circuit(CircuitError)
    }

    /// From 1.
    public let line: Int
    /// In characters, from 1.
    public let column: Int
    public let problem: Problem
}

extension QASMError: CustomStringConvertible {
    /// `line 3, column 5: …`.
    public var description: String { "line \(line), column \(column): \(problem)" }
}

extension QASMError.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unexpected(let found, let expected): "found \(found), expected \(expected)"
        case .unsupported(let what, let supported):
            "\(what) is not supported; supported: \(supported)"
        case .unknown(let kind, let name, let hint):
            "no \(kind) '\(name)'" + (hint.isEmpty ? "" : "; \(hint)")
        case .repeated(let name): "'\(name)' is declared twice"
        case .count(let what, let count, let expected):
            "\(what): \(count) given, \(expected) expected"
        case .outOfRange(let name, let index, let size):
            "\(name)[\(index)]: '\(name)' holds 0 to \(size - 1)"
        case .limit(let what, let allowed): "more than \(allowed) \(what)"
        case .repeatedQubit(let gate): "gate \(gate) uses one qubit twice"
        case .notFinite: "an angle that is not finite"
        case .circuit(let error): "\(error)"
        }
    }
}

/// How much an OpenQASM text may ask for: no text crashes the reader or keeps it busy for long.
public struct QASMLimits: Hashable, Sendable {
    /// 16 MiB: the largest circuit allowed fits.
    public var bytes = 16 << 20
    /// Parentheses and signs within each other in an expression.
    public var nesting = 64
    /// Numbers, names and operators of one expression.
    public var expressionParts = 4_096
    /// Terms and factors of one angle once its parameters are put in.
    public var angleParts = 2_048
    public var gateDefinitions = 4_096
    /// Gates defined by gates defined by gates.
    public var gateNesting = 64
    /// Operations of the circuit.
    public var operations = Circuit.maximumOperations
    /// Gates taken from definitions, whether or not they end up in the circuit: ten for each
    /// operation.
    public var expansions = 10 * Circuit.maximumOperations
    /// `ctrl`, `negctrl`, `inv` and `pow` before one gate.
    public var modifiers = 16
    /// Controls that modifiers add to one gate.
    public var controls = 8
    /// Qubits that share one phase; its expansion grows threefold with each.
    public var phaseOperands = 10
    /// The largest exponent of `pow`.
    public var exponent = 1_024

    public init() {}
}

/// A problem at a byte offset, which becomes a line and a column at the end.
struct QASMFault: Error {
    let offset: Int
    let problem: QASMError.Problem

    init(_ offset: Int, _ problem: QASMError.Problem) {
        self.offset = offset
        self.problem = problem
    }

    func located(in bytes: [UInt8]) -> QASMError {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return QASMError(line: line, column: column, problem: problem)
    }
}
