extension Circuit {
    /// Reads OpenQASM 2 or 3: registers, `input float` parameters, gate definitions (expanded where
    /// they are not a gate of the closed set), gate calls with modifiers, measurements, resets and
    /// barriers. Both standard include files are built in.
    ///
    /// Angles are polynomials of the inputs; functions and divisors are numbers. Global phases are
    /// dropped where no control makes them visible.
    ///
    /// - Throws: the first problem with its line and column. Bounded work, whatever the text.
    public init(openQASM text: String, limits: QASMLimits = QASMLimits()) throws(QASMError) {
        let bytes = Array(text.utf8)
        do throws(QASMFault) {
            guard bytes.count <= limits.bytes else {
                throw QASMFault(0, .limit(what: "bytes in a text", allowed: limits.bytes))
            }
            var parser = try QASMParser(bytes, limits)
            var builder = QASMBuilder(limits)
            while let statement = try parser.statement() { try builder.apply(statement) }
            self = try builder.finish(end: bytes.count)
        } catch { throw error.located(in: bytes) }
    }
}
