import Configuration
import QuantumCircuit

/// OpenQASM 2 or 3: refused with a place and a reason, or a circuit whose own export is read back as
/// the same text.
@Sendable public func fuzzOpenQASM(_ bytes: [UInt8]) -> FuzzOutcome {
    var limits = QASMLimits()
    // What a file of a few kilobytes can be made to expand to; the limits are the parser's own.
    limits.operations = 2_000
    limits.expansions = 20_000
    do {
        let circuit = try Circuit(openQASM: String(decoding: bytes, as: UTF8.self), limits: limits)
        let text = circuit.openQASM
        do {
            let again = try Circuit(openQASM: text)
            guard again.qubits == circuit.qubits, again.bits == circuit.bits,
                again.parameters == circuit.parameters
            else { return .broken("what it exports has another shape") }
            let second = again.openQASM
            let third = try Circuit(openQASM: second).openQASM
            return second == third ? .held : .broken("what it exports does not settle")
        } catch {
            return .broken("what it exports is refused: \(error)")
        }
    } catch {
        let words = "\(error)"
        return words.isEmpty || words.contains("\n")
            ? .broken("the reason is '\(words)'") : .refused
    }
}

/// A configuration file: refused with every problem, or a configuration that prints as a file which
/// loads as the same.
@Sendable public func fuzzConfiguration(_ bytes: [UInt8]) -> FuzzOutcome {
    let text = String(decoding: bytes, as: UTF8.self)
    let loaded: EffectiveConfiguration
    do throws(ConfigurationError) { loaded = try ConfigurationLoader.load(file: text) } catch {
        return error.problems.isEmpty ? .broken("refused without a problem") : .refused
    }
    let printed = loaded.rendered()
    // Secrets are hidden: such a file is not meant to be loaded again.
    if printed.contains("(hidden)") { return .held }
    do throws(ConfigurationError) {
        let again = try ConfigurationLoader.load(file: printed)
        return again.configuration == loaded.configuration
            ? .held : .broken("what it prints is loaded as something else")
    } catch {
        return .broken("what it prints is refused: \(error.problems)")
    }
}
