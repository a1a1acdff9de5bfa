import Terminal
import Testing

@Suite("Numbers as people read them")
struct FormatTests {
    @Test(
        "group thousands",
        arguments: [
            (0, "0"), (999, "999"), (1_234, "1,234"), (1_234_567, "1,234,567"), (-1_000, "-1,000"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ])
    func counts(value: Int, expected: String) {
        #expect(Format.count(value) == expected)
    }

    @Test(
        "round to the decimals asked for",
        arguments: [
            (1_234.5, 2, "1,234.50"), (0.005, 2, "0.01"), (0.999, 2, "1.00"), (-0.001, 2, "0.00"),
            (-2.5, 0, "-3"), (12, 0, "12"), (.nan, 1, "-"), (.infinity, 1, "-"),
            (1e300, 1, "1e+300"),
            (0.07, 3, "0.070"),
        ])
    func numbers(value: Double, decimals: Int, expected: String) {
        #expect(Format.number(value, decimals: decimals) == expected)
    }

    @Test("show shares, rates and sizes with their unit")
    func units() {
        #expect(Format.percentage(0.1234) == "12.3%")
        #expect(Format.percentage(1, decimals: 0) == "100%")
        #expect(Format.percentage(.nan) == "-")
        #expect(Format.rate(21_000.4) == "21,000/s")
        #expect(Format.rate(9.25) == "9.3/s")
        #expect(Format.bytes(512) == "512 B")
        #expect(Format.bytes(1_536) == "1.50 KiB")
        #expect(Format.bytes(20 << 20) == "20.0 MiB")
        #expect(Format.bytes((1 << 20) - 1) == "1.00 MiB")
    }

    @Test(
        "choose the unit of a length of time",
        arguments: [
            (0, "0 ms"), (0.00085, "0.85 µs"), (0.0123, "12.3 µs"), (0.85, "850 µs"),
            (1, "1.00 ms"),
            (12.34, "12.3 ms"), (999.4, "999 ms"), (999.6, "1.00 s"), (1_234, "1.23 s"),
            (59_940, "59.9 s"), (59_960, "1 min 00 s"), (125_000, "2 min 05 s"),
            (11_220_000, "3 h 07 min"), (-12.34, "-12.3 ms"), (.infinity, "-"),
        ] as [(Double, String)])
    func durations(milliseconds: Double, expected: String) {
        #expect(Format.duration(milliseconds: milliseconds) == expected)
    }

    @Test("write microseconds in ASCII where only that may be written")
    func asciiDuration() {
        #expect(Format.duration(milliseconds: 0.85, style: .ascii) == "850 us")
    }
}

@Suite("Style")
struct StyleTests {
    @Test("uses colours on a terminal only, and never against NO_COLOR or a dumb terminal")
    func colour() {
        func usesColor(_ isTerminal: Bool, _ noColor: String?, _ term: String?) -> Bool {
            Style.decide(isTerminal: isTerminal, noColor: noColor, term: term, locale: nil)
                .usesColor
        }
        #expect(usesColor(true, nil, "xterm"))
        #expect(usesColor(true, "", nil))
        #expect(!usesColor(true, "1", "xterm"))
        #expect(!usesColor(true, nil, "dumb"))
        #expect(!usesColor(false, nil, "xterm"))
    }

    @Test("uses Unicode where the locale is UTF-8")
    func unicode() {
        func usesUnicode(_ locale: String?) -> Bool {
            Style.decide(isTerminal: false, noColor: nil, term: nil, locale: locale).usesUnicode
        }
        #expect(usesUnicode("en_GB.UTF-8") && usesUnicode("C.utf8"))
        #expect(!usesUnicode("C") && !usesUnicode(nil))
    }

    @Test("wraps text in escapes, or leaves it")
    func apply() {
        let coloured = Style(usesColor: true, usesUnicode: true)
        #expect(coloured.apply(.red, "no") == "\u{1B}[31mno\u{1B}[0m")
        #expect(Style.plain.apply(.red, "no") == "no")
    }
}
