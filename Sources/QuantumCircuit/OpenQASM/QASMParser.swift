/// Reads an OpenQASM text statement by statement.
struct QASMParser {
    static let supported = """
        include, qubit, bit, qreg, creg, input float, gate, gate calls with ctrl, negctrl, inv and \
        pow, measure, reset, barrier, gphase
        """

    let limits: QASMLimits
    var lexer: QASMLexer
    var token = QASMToken(kind: .end, start: 0, end: 0)
    /// 2 or 3; 3 for a text that does not say.
    private(set) var version = 3

    init(_ bytes: [UInt8], _ limits: QASMLimits) throws(QASMFault) {
        self.limits = limits
        lexer = QASMLexer(bytes)
        try advance()
        if isWord("OPENQASM") { try parseVersion() }
    }

    private mutating func parseVersion() throws(QASMFault) {
        try advance()
        let text = lexer.text(token)
        guard token.kind == .real || token.kind == .integer, text.first == "2" || text.first == "3",
            text.dropFirst().first.map({ $0 == "." }) ?? true
        else { throw unexpected("version 2.0 or 3.x") }
        version = text.first == "2" ? 2 : 3
        try advance()
        try take(.semicolon)
    }

    /// The next statement; nil at the end.
    mutating func statement() throws(QASMFault) -> QASMStatement? {
        while isSymbol(.semicolon) { try advance() }
        if token.kind == .end { return nil }
        let offset = token.start
        guard token.kind == .identifier else { throw unexpected("a statement") }
        switch lexer.text(token) {
        case "include": return try include(offset)
        case "qubit": return try declaration(offset) { .qubits($0, size: $1, $2) }
        case "bit": return try declaration(offset) { .bits($0, size: $1, $2) }
        case "qreg": return try oldDeclaration { .qubits($0, size: $1, $2) }
        case "creg": return try oldDeclaration { .bits($0, size: $1, $2) }
        case "input": return try input()
        case "gate": return .gate(try gateDefinition())
        case "opaque": return try opaque()
        case "reset":
            try advance()
            let operand = try operand()
            try take(.semicolon)
            return .reset(operand)
        case "measure": return try measureArrow()
        case let word where Self.unsupportedWords.contains(word):
            throw QASMFault(offset, .unsupported("'\(word)'", supported: Self.supported))
        default: return try callOrAssignment()
        }
    }

    static let unsupportedWords: Set<String> = [
        "if", "else", "for", "while", "def", "defcal", "defcalgrammar", "cal", "let", "const",
        "return", "break", "continue", "switch", "box", "delay", "extern", "output", "array",
        "int", "uint", "float", "angle", "bool", "complex", "duration", "stretch", "pragma", "end",
    ]

    // MARK: Declarations

    private mutating func include(_ offset: Int) throws(QASMFault) -> QASMStatement {
        try advance()
        guard token.kind == .string else { throw unexpected("a file name in quotes") }
        let name = String(lexer.text(token).dropFirst().dropLast())
        let place = token.start
        try advance()
        try take(.semicolon)
        return .include(name, place)
    }

    /// `qubit[3] q;` or `qubit q;`.
    private mutating func declaration(
        _ offset: Int, _ make: (String, Int, Int) -> QASMStatement
    ) throws(QASMFault) -> QASMStatement {
        try advance()
        let size = isSymbol(.openBracket) ? try bracketed() : 1
        let place = token.start
        let name = try identifier("the register's name")
        try take(.semicolon)
        return make(name, size, place)
    }

    /// `qreg q[3];`.
    private mutating func oldDeclaration(
        _ make: (String, Int, Int) -> QASMStatement
    ) throws(QASMFault) -> QASMStatement {
        try advance()
        let place = token.start
        let name = try identifier("the register's name")
        let size = isSymbol(.openBracket) ? try bracketed() : 1
        try take(.semicolon)
        return make(name, size, place)
    }

    private mutating func input() throws(QASMFault) -> QASMStatement {
        try advance()
        guard isWord("float") || isWord("angle") else {
            throw QASMFault(
                token.start, .unsupported("input \(lexer.quoted(token))", supported: "input float"))
        }
        try advance()
        if isSymbol(.openBracket) { _ = try bracketed() }
        let place = token.start
        let name = try identifier("the parameter's name")
        try take(.semicolon)
        return .input(name, place)
    }

    private mutating func opaque() throws(QASMFault) -> QASMStatement {
        try advance()
        let place = token.start
        let name = try identifier("the gate's name")
        while !isSymbol(.semicolon) {
            if token.kind == .end { throw unexpected("';'") }
            try advance()
        }
        try advance()
        return .opaque(name, place)
    }

    private mutating func gateDefinition() throws(QASMFault) -> QASMGateDefinition {
        try advance()
        let place = token.start
        let name = try identifier("the gate's name")
        var parameters: [String] = []
        if isSymbol(.openParenthesis) {
            try advance()
            while !isSymbol(.closeParenthesis) {
                parameters.append(try identifier("a parameter's name"))
                if !isSymbol(.closeParenthesis) { try take(.comma) }
            }
            try advance()
        }
        var qubits = [try identifier("a qubit's name")]
        while isSymbol(.comma) {
            try advance()
            qubits.append(try identifier("a qubit's name"))
        }
        try take(.openBrace)
        var body: [QASMCall] = []
        while !isSymbol(.closeBrace) {
            if isSymbol(.semicolon) {
                try advance()
                continue
            }
            guard token.kind == .identifier, !Self.unsupportedWords.contains(lexer.text(token))
            else { throw unexpected("a gate or '}'") }
            body.append(try call())
        }
        try advance()
        return QASMGateDefinition(
            name: name, offset: place, parameters: parameters, qubits: qubits, body: body)
    }

    // MARK: Measurements and gates

    /// `measure q[0] -> c[0];`.
    private mutating func measureArrow() throws(QASMFault) -> QASMStatement {
        try advance()
        let source = try operand()
        guard isSymbol(.arrow) else {
            throw unexpected("'->' and a classical bit (or 'bit = measure qubit;')")
        }
        try advance()
        let target = try operand()
        try take(.semicolon)
        return .measure(source, into: target)
    }

    /// A gate call, or `c[0] = measure q[0];`.
    private mutating func callOrAssignment() throws(QASMFault) -> QASMStatement {
        if isModifier { return .call(try call()) }
        let first = token
        try advance()
        guard isSymbol(.openBracket) || isSymbol(.equal) else {
            return .call(try call(named: first))
        }
        let target = try operand(named: first)
        try take(.equal)
        guard isWord("measure") else { throw unexpected("'measure'") }
        try advance()
        let source = try operand()
        try take(.semicolon)
        return .measure(source, into: target)
    }

    private mutating func call() throws(QASMFault) -> QASMCall {
        var modifiers: [(QASMModifier, Int)] = []
        while isModifier {
            guard modifiers.count < limits.modifiers else {
                throw QASMFault(
                    token.start, .limit(what: "modifiers of a gate", allowed: limits.modifiers))
            }
            let place = token.start
            modifiers.append((try modifier(), place))
        }
        let name = token
        guard token.kind == .identifier else { throw unexpected("a gate's name") }
        try advance()
        var call = try call(named: name)
        call.modifiers = modifiers
        return call
    }

    private mutating func call(named name: QASMToken) throws(QASMFault) -> QASMCall {
        var call = QASMCall(name: lexer.text(name), offset: name.start)
        if isSymbol(.openParenthesis) {
            try advance()
            while !isSymbol(.closeParenthesis) {
                call.arguments.append(try expression())
                if !isSymbol(.closeParenthesis) { try take(.comma) }
            }
            try advance()
        }
        while !isSymbol(.semicolon) {
            call.operands.append(try operand())
            if !isSymbol(.semicolon) { try take(.comma) }
        }
        try advance()
        return call
    }

    private var isModifier: Bool {
        token.kind == .identifier && ["ctrl", "negctrl", "inv", "pow"].contains(lexer.text(token))
    }

    private mutating func modifier() throws(QASMFault) -> QASMModifier {
        let word = lexer.text(token)
        try advance()
        var result = QASMModifier.inverse
        if word == "pow" {
            try take(.openParenthesis)
            result = .power(try expression())
            try take(.closeParenthesis)
        } else if word != "inv" {
            var count = 1
            if isSymbol(.openParenthesis) {
                try advance()
                count = try integer()
                try take(.closeParenthesis)
            }
            guard (1...limits.controls).contains(count) else {
                throw QASMFault(
                    token.start, .limit(what: "controls of a gate", allowed: limits.controls))
            }
            result = .control(count: count, isNegated: word == "negctrl")
        }
        try take(.at)
        return result
    }

    private mutating func operand() throws(QASMFault) -> QASMOperand {
        let name = token
        guard token.kind == .identifier else { throw unexpected("a qubit or a bit") }
        try advance()
        return try operand(named: name)
    }

    private mutating func operand(named name: QASMToken) throws(QASMFault) -> QASMOperand {
        let index = isSymbol(.openBracket) ? try bracketed() : nil
        return QASMOperand(name: lexer.text(name), index: index, offset: name.start)
    }
}
