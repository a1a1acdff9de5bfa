extension QASMParser {
    mutating func expression() throws(QASMFault) -> QASMExpression {
        var result = QASMExpression()
        try sum(&result, depth: 0)
        return result
    }

    private mutating func sum(_ result: inout QASMExpression, depth: Int) throws(QASMFault) {
        try product(&result, depth: depth)
        while isSymbol(.plus) || isSymbol(.minus) {
            let (part, place): (QASMExpression.Part, Int) =
                (isSymbol(.plus) ? .add : .subtract, token.start)
            try advance()
            try product(&result, depth: depth)
            try append(part, place, to: &result)
        }
    }

    private mutating func product(_ result: inout QASMExpression, depth: Int) throws(QASMFault) {
        try unary(&result, depth: depth)
        while isSymbol(.star) || isSymbol(.slash) {
            let (part, place): (QASMExpression.Part, Int) =
                (isSymbol(.star) ? .multiply : .divide, token.start)
            try advance()
            try unary(&result, depth: depth)
            try append(part, place, to: &result)
        }
    }

    /// Signs bind weaker than powers: −2² is −4.
    private mutating func unary(_ result: inout QASMExpression, depth: Int) throws(QASMFault) {
        guard depth < limits.nesting else {
            throw QASMFault(
                token.start, .limit(what: "levels in an expression", allowed: limits.nesting))
        }
        if isSymbol(.minus) || isSymbol(.plus) {
            let (isMinus, place) = (isSymbol(.minus), token.start)
            try advance()
            try unary(&result, depth: depth + 1)
            if isMinus { try append(.negate, place, to: &result) }
            return
        }
        try primary(&result, depth: depth)
        if isSymbol(.power) || version == 2 && isSymbol(.caret) {
            let place = token.start
            try advance()
            try unary(&result, depth: depth + 1)
            try append(.power, place, to: &result)
        }
    }

    private mutating func primary(_ result: inout QASMExpression, depth: Int) throws(QASMFault) {
        let place = token.start
        switch token.kind {
        case .integer, .real:
            try append(.number(try number()), place, to: &result)
        case .identifier:
            let name = lexer.text(token)
            try advance()
            guard isSymbol(.openParenthesis) else {
                return try append(.name(name), place, to: &result)
            }
            guard let function = QASMFunction(rawValue: name) else {
                let known = QASMFunction.allCases.map(\.rawValue).joined(separator: ", ")
                throw QASMFault(place, .unsupported("function '\(name)'", supported: known))
            }
            try advance()
            try sum(&result, depth: depth + 1)
            try take(.closeParenthesis)
            try append(.function(function), place, to: &result)
        case .symbol where isSymbol(.openParenthesis):
            try advance()
            try sum(&result, depth: depth + 1)
            try take(.closeParenthesis)
        default:
            throw unexpected("a number, a name or '('")
        }
    }

    private mutating func number() throws(QASMFault) -> Double {
        let text = lexer.text(token).replacing("_", with: "")
        guard let value = Double(text), value.isFinite else { throw unexpected("a finite number") }
        try advance()
        if token.kind == .identifier, lexer.bytes[token.start - 1] != 0x20 {
            // 100ns, 2im: units and imaginary numbers.
            throw QASMFault(
                token.start,
                .unsupported("a number with \(lexer.quoted(token))", supported: "plain numbers"))
        }
        return value
    }

    private func append(
        _ part: QASMExpression.Part, _ offset: Int, to result: inout QASMExpression
    ) throws(QASMFault) {
        guard result.parts.count < limits.expressionParts else {
            throw QASMFault(
                offset, .limit(what: "parts in an expression", allowed: limits.expressionParts))
        }
        result.parts.append((part, offset))
    }
}

// MARK: Tokens

extension QASMParser {
    mutating func advance() throws(QASMFault) { token = try lexer.next() }

    func isSymbol(_ symbol: QASMSymbol) -> Bool { token.symbol == symbol }

    func isWord(_ word: String) -> Bool {
        token.kind == .identifier && lexer.text(token) == word
    }

    mutating func take(_ symbol: QASMSymbol) throws(QASMFault) {
        guard isSymbol(symbol) else { throw unexpected("'\(symbol.text)'") }
        try advance()
    }

    mutating func identifier(_ what: String) throws(QASMFault) -> String {
        guard token.kind == .identifier else { throw unexpected(what) }
        let name = lexer.text(token)
        guard Register.isName(name) else {
            throw QASMFault(
                token.start,
                .limit(what: "bytes in a name", allowed: Register.maximumNameLength))
        }
        try advance()
        return name
    }

    mutating func integer() throws(QASMFault) -> Int {
        guard token.kind == .integer,
            let value = Int(lexer.text(token).replacing("_", with: ""))
        else { throw unexpected("a whole number") }
        try advance()
        return value
    }

    /// `[3]`.
    mutating func bracketed() throws(QASMFault) -> Int {
        try take(.openBracket)
        let value = try integer()
        try take(.closeBracket)
        return value
    }

    func unexpected(_ expected: String) -> QASMFault {
        QASMFault(token.start, .unexpected(found: lexer.quoted(token), expected: expected))
    }
}
