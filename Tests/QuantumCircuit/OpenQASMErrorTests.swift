import Determinism
import QuantumCircuit
import TestSupport
import Testing

@Suite("Wrong OpenQASM texts")
struct OpenQASMErrorTests {
    private func message(_ text: String, _ limits: QASMLimits = QASMLimits()) -> String {
        do throws(QASMError) {
            _ = try Circuit(openQASM: text, limits: limits)
            return "no error"
        } catch { return error.description }
    }

    static let wrong: [(String, String)] = [
        ("qubit q;\nfoo q;", "line 2, column 1: no gate 'foo'; define it before its use"),
        (
            "qubit q; h q;",
            "line 1, column 10: no gate 'h'; include \"stdgates.inc\" (or \"qelib1.inc\") "
                + "has it"
        ),
        ("OPENQASM 4.0;", "line 1, column 10: found '4.0', expected version 2.0 or 3.x"),
        ("qubit[2] q\nreset q;", "line 2, column 1: found 'reset', expected ';'"),
        ("qubit[2] q; CX q[0], q[2];", "line 1, column 22: q[2]: 'q' holds 0 to 1"),
        ("qubit[2] q; CX q[1], q[1];", "line 1, column 13: gate CX uses one qubit twice"),
        ("qubit[2] q; CX q[1];", "line 1, column 13: qubits of gate CX: 1 given, 2 expected"),
        ("qubit q; U(1, 2) q;", "line 1, column 10: angles of gate U: 2 given, 3 expected"),
        (
            "qubit q; U(1, 2, t) q;",
            "line 1, column 18: no parameter 't'; parameters are declared by 'input'"
        ),
        ("qubit q; U(1, 2, 1/0) q;", "line 1, column 18: an angle that is not finite"),
        ("qubit q; qubit q;", "line 1, column 16: 'q' is declared twice"),
        ("qubit[31] q;", "line 1, column 11: more than 30 qubits"),
        ("qubit[0] q;", "line 1, column 10: register 'q' of size 0: it must hold 1 or more"),
        ("qubit q; reset r;", "line 1, column 16: no qubit register 'r'; declared: q"),
        (
            "qubit q; measure q -> c;",
            "line 1, column 23: no classical register 'c'; none is declared yet"
        ),
        (
            "qubit[2] q; bit c; c = measure q;",
            "line 1, column 20: bits of 'c': 1 given, 2 expected"
        ),
        (
            "qubit q; if (c == 1) reset q;",
            "line 1, column 10: 'if' is not supported; supported: include, qubit, bit, "
                + "qreg, creg, input float, gate, gate calls with ctrl, negctrl, inv and pow, "
                + "measure, reset, barrier, gphase"
        ),
        (
            "include \"other.inc\";",
            "line 1, column 9: include \"other.inc\" is not supported; supported: "
                + "stdgates.inc and qelib1.inc"
        ),
        ("qubit é; /* no end", "line 1, column 10: found an open comment, expected '*/'"),
        (
            "qubit q; U(1, 2, 3) q; $",
            "line 1, column 24: found '$', expected a name, a number or a symbol"
        ),
        ("", "line 1, column 1: found no qubits, expected a declaration such as 'qubit[2] q;'"),
        ("gate g a { g a; } qubit q;", "line 1, column 12: no gate 'g'; define it before its use"),
        (
            "gate g a, b { CX a, c; }",
            "line 1, column 21: no qubit of this gate 'c'; declared: a, b"
        ),
        (
            "opaque g a; qubit q; g q;",
            "line 1, column 22: the opaque gate 'g' is not supported; supported: gates "
                + "with a body"
        ),
        (
            "input float x; qubit q; U(sin(x), 0, 0) q;",
            "line 1, column 27: this operation on a parameter is not supported; "
                + "supported: sums and products of parameters, and division by numbers"
        ),
        ("input int n;", "line 1, column 7: input 'int' is not supported; supported: input float"),
    ]

    @Test("are refused with line, column, what was found and what is supported", arguments: wrong)
    func messages(text: String, expected: String) { #expect(message(text) == expected) }

    @Test("that grow without bounds are stopped by a named limit")
    func limits() {
        let start = "include \"stdgates.inc\"; qubit[8] q; input float x; "
        for opening in ["(", "-", "2**", "sin("] {
            let nested = "rx(" + String(repeating: opening, count: 10_000)
            #expect(message(start + nested).contains("64 levels"), "\(opening)")
        }
        #expect(
            message(start + "rx(1" + String(repeating: "+1", count: 10_000) + ") q;")
                .contains("4096 parts"))
        // Two calls of the one before: 2^n gates.
        var doubling = "gate g0 a { x a; } "
        for level in 1...60 {
            doubling += "gate g\(level) a { g\(level - 1) a; g\(level - 1) a; } "
        }
        #expect(message(start + doubling + "g60 q;").contains("10000000 gates out of definitions"))
        var chain = "gate g0 a { x a; } "
        for level in 1...100 { chain += "gate g\(level) a { g\(level - 1) a; } " }
        #expect(message(start + chain + "g100 q;").contains("64 levels of gate definitions"))
        let square =
            "gate f0(a) q { rx(a*a) q; } "
            + (1...40).map { "gate f\($0)(a) q { f\($0 - 1)(a*a) q; } " }.joined()
        #expect(message(start + square + "f40(x) q;").contains("terms and factors of one angle"))
        let sums = "rx(" + (1...30).map { "(x + \($0)*x)" }.joined(separator: "*") + ") q;"
        #expect(message(start + sums).contains("terms and factors of one angle"))
        #expect(message(start + "ctrl(9) @ x q;").contains("8 controls"))
        #expect(
            message(start + String(repeating: "inv @ ", count: 17) + "x q[0];")
                .contains("16 modifiers"))
        let nested = "gate a0 a, b, c, d, e, f, g { ctrl(6) @ x a, b, c, d, e, f, g; } "
        #expect(
            message(
                "include \"stdgates.inc\"; qubit[14] q; " + nested + "ctrl(7) @ a0 "
                    + (0..<14).map { "q[\($0)]" }.joined(separator: ", ") + ";"
            ).contains("10 qubits of one phase"))
        #expect(message(start + "pow(1e9) @ x q[0];").contains("1024 repetitions"))
        var small = QASMLimits()
        small.bytes = 10
        #expect(message(start, small).contains("10 bytes"))
        small = QASMLimits()
        small.operations = 7
        #expect(message(start + "x q;", small).contains("7 operations"))
        #expect(message("qubit " + String(repeating: "a", count: 200) + ";").contains("128 bytes"))
    }

    @Test("neither crash nor hang, in 100,000 mutations")
    func mutations() {
        let seeds = Self.seeds.map { Array($0.utf8) }
        let pieces = Self.pieces.map { Array($0.utf8) }
        var random = RandomStream(seed: 2026)
        var limits = QASMLimits()
        limits.operations = 200
        limits.expansions = 500
        var (read, refused) = (0, 0)
        for round in 0..<100_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...Int(random.next() % 3) { mutate(&bytes, pieces, &random) }
            do throws(QASMError) {
                let circuit = try Circuit(
                    openQASM: String(decoding: bytes, as: UTF8.self), limits: limits)
                read += circuit.qubits > 0 ? 1 : 0
            } catch {
                refused += error.line > 0 && error.column > 0 ? 1 : 0
            }
        }
        #expect(read + refused == 100_000)
        #expect(read > 1_000 && refused > 10_000, "\(read) read, \(refused) refused")
    }

    private func mutate(
        _ bytes: inout [UInt8], _ pieces: [[UInt8]], _ random: inout RandomStream
    ) {
        let draw = random.next()
        let place = Int(random.next() % UInt64(bytes.count + 1))
        let other = Int(random.next() % UInt64(bytes.count + 1))
        let (low, high) = (min(place, other), max(place, other))
        switch draw % 6 {
        case 0: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: draw >> 8) }
        case 1: bytes.removeSubrange(low..<min(high, low + 12))
        case 2: bytes.insert(contentsOf: pieces[Int(draw >> 8) % pieces.count], at: place)
        case 3: bytes.insert(contentsOf: bytes[low..<min(high, low + 40)], at: place)
        case 4: bytes.removeSubrange(place...)
        default: if place < bytes.count && other < bytes.count { bytes.swapAt(place, other) }
        }
        if bytes.isEmpty { bytes = [0x3B] }
    }

    static let pieces = [
        "(", ")", "{", "}", "[", "]", ";", ",", "@", "ctrl @ ", "inv @ ", "pow(2) @ ", "gate ",
        "9999999999999999999", "1e999", "-", "**", "/0", "q[7]", "qubit[1000000000] z;", "\"",
        "/*", "//", "é", "\u{0}", "x*x*x", "g q[0];", "include \"stdgates.inc\";", "measure ",
        "ctrl(8) @ ", "pow(0.5) @ ", "->", "barrier ;", "gphase(1);", "𝕏", "\n",
    ]

    static let seeds = [
        """
        OPENQASM 3; include "stdgates.inc"; qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1];
        c = measure q;
        """,
        """
        include "stdgates.inc"; input float x; qubit q; gate g(a) b { rx(a*a) b; ry(-a/2) b; }
        g(pi - x) q; inv @ g(x) q;
        """,
        """
        OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; u3(0.1,0,pi/2) q[0];
        ccx q[0],q[1],q[2]; measure q -> c;
        """,
        """
        include "stdgates.inc"; qubit[3] q; ctrl(2) @ s q[0], q[1], q[2]; pow(3) @ t q; barrier q;
        reset q[1];
        """,
    ]
}
