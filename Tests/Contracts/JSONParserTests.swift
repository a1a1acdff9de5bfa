import Contracts
import TestSupport
import Testing

@Suite("The JSON parser")
struct JSONParserTests {
    private func refuses(_ bytes: [UInt8]) -> Bool {
        (try? JSONParser.withDocument(bytes) { _ in }) == nil
    }

    private func refuses(_ text: String) -> Bool { refuses(Array(text.utf8)) }

    @Test(
        "reads zero with the same sign through both front ends",
        arguments: [
            ("-0", FloatingPointSign.plus), ("0", .plus), ("-0.0", .minus), ("-0e5", .minus),
            ("-1e-400", .minus),
        ])
    func zero(text: String, sign: FloatingPointSign) throws {
        for keepsDigits in [false, true] {
            let parser = JSONParser()
            let object = try parser.parse(
                padded: keptDocument("{\"a\":\(text) }"), keepsDigits: keepsDigits)
            let number = try #require(object["a"]?.number)
            #expect(number == 0 && number.sign == sign, "\(keepsDigits)")
            withExtendedLifetime(parser) {}
        }
    }

    @Test("reads every kind of value")
    func kinds() throws {
        let text =
            #" {"o":{},"a":[1,2],"s":"é\u00e9\n\ud83d\ude00","n":-1.5e3,"t":true,"f":false,"z":null} "#
        try JSONParser.withDocument(Array(text.utf8)) { document in
            #expect(document.count == 7)
            #expect(document["o"]?.kind == .object && document["o"]?.count == 0)
            #expect(document["a"]?.kind == .array && document["a"]?.count == 2)
            #expect(document["s"]?.string?.string == "éé\n😀")
            #expect(document["n"]?.number == -1_500)
            #expect(document["n"]?.numberText?.string == "-1.5e3")
            #expect(document["t"]?.boolean == true && document["f"]?.boolean == false)
            #expect(document["z"]?.kind == .null)
            #expect(document["z"]?.number == nil && document["s"]?.number == nil)
            #expect(document["missing"] == nil)
        }
    }

    /// Expected: Python's `float`, which rounds correctly.
    @Test(
        "gives the nearest double of numbers with any count of digits, through both front ends",
        arguments: [
            ("0.7970830123805143099999999999999e308", 7.970830123805144e307),
            ("0.7970830123805143099999999999999", 0.7970830123805143),
            ("123456789012345678901234567890", 1.2345678901234568e29),
            ("0e-999999999999999999999999999999999933", 0),
            ("0e99999999999999999999999", 0), ("1e-99999999999999999999999", 0),
            ("9007199254740993.00000000000000000000000000000000001", 9007199254740994),
            ("1E+2", 100),
        ])
    func manyDigits(text: String, expected: Double) throws {
        for keepsDigits in [false, true] {
            let parser = JSONParser()
            let object = try parser.parse(
                padded: keptDocument("{\"a\":\(text) }"), keepsDigits: keepsDigits)
            #expect(object["a"]?.number == expected, "\(keepsDigits)")
            withExtendedLifetime(parser) {}
        }
    }

    @Test("visits members and elements in order at every depth")
    func order() throws {
        let text = #"{"a":{"x":[1,[2,3],{"y":4}]},"b":5}"#
        try JSONParser.withDocument(Array(text.utf8)) { document in
            var names: [String] = []
            document.forEachMember { key, _ in names.append(key.string) }
            #expect(names == ["a", "b"])
            var kinds: [JSONValue.Kind] = []
            document["a"]?["x"]?.forEachElement { kinds.append($0.kind) }
            #expect(kinds == [.number, .array, .object])
            #expect(document["b"]?.integer == 5)
        }
    }

    @Test("knows whole numbers up to two to the fifty-third")
    func integers() throws {
        let text = #"{"a":9007199254740992,"b":1.5,"c":9007199254740994,"d":-3.0,"e":1e3}"#
        try JSONParser.withDocument(Array(text.utf8)) { document in
            #expect(document["a"]?.integer == 9_007_199_254_740_992)
            #expect(document["b"]?.integer == nil)
            #expect(document["c"]?.integer == nil)
            #expect(document["d"]?.integer == -3)
            #expect(document["e"]?.integer == 1_000)
        }
    }

    @Test(
        "refuses what is not one object",
        arguments: [
            "", " ", "1", "\"a\"", "[]", "[{}]", "null", "true", "{", "}", "{}}", "{} {}", "{},",
            "{}x",
            "{\"a\":1}garbage", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{,}", "{a:1}",
            "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}",
            "{\"a\":[1}}",
            "{\"a\":\"", "{\"a\":\"x}", "{1:2}",
        ])
    func shapes(text: String) { #expect(refuses(text)) }

    @Test(
        "refuses malformed atoms",
        arguments: [
            "nul", "nulll", "tru", "truee", "True", "fals", "falsey", "NaN", "nan", "Infinity",
            "-Infinity", "inf", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1_000",
            "1.2.3", "--1", "1e5.5", "none",
        ])
    func atoms(atom: String) {
        #expect(refuses("{\"a\":\(atom)}"))
        #expect(refuses("{\"a\":[0,\(atom)]}"))
    }

    @Test("refuses numbers beyond a double's range, and takes those that round to zero")
    func range() throws {
        #expect(refuses("{\"a\":1e400}"))
        #expect(refuses("{\"a\":-1e400}"))
        #expect(refuses("{\"a\":1\(String(repeating: "0", count: 400))}"))
        try JSONParser.withDocument(Array("{\"a\":1e-400}".utf8)) { document in
            #expect(document["a"]?.number == 0)
        }
    }

    @Test("refuses invalid UTF-8, bare control characters and bad escapes in names and values")
    func text() {
        let bad: [[UInt8]] = [
            [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0x01], [0x0A], [0x00],
            Array(#"\x"#.utf8), Array(#"\u12"#.utf8), Array(#"\ud800"#.utf8),
            Array(#"\udc00"#.utf8), Array(#"\ud800\u0041"#.utf8),
        ]
        for bytes in bad {
            #expect(refuses(Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)), "\(bytes)")
            #expect(refuses(Array("{\"".utf8) + bytes + Array("\":1}".utf8)), "\(bytes)")
        }
    }

    @Test("refuses deep nesting instead of recursing into it")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
                + "}"
        }
        #expect(!refuses(nested(60)))
        #expect(refuses(nested(70)))
        #expect(refuses(nested(200_000)))
        #expect(refuses(String(repeating: "{\"a\":", count: 100_000)))
    }

    @Test("does not look behind the document into its padding")
    func padding() throws {
        var writer = ByteWriter(capacity: 256)
        writer.append(#"{"a":12}345}"#)
        let parser = JSONParser()
        #expect(try parser.parse(padded: writer.slice(0..<8))["a"]?.integer == 12)
        #expect(throws: JSONSyntaxError.self) { try parser.parse(padded: writer.slice(0..<7)) }
        writer.removeAll()
        writer.append(#"{"a":1}"#)
        #expect(try parser.parse(padded: writer.slice(0..<7))["a"]?.integer == 1)
    }

    @Test("parses document after document, and again after a bad one")
    func reuse() throws {
        let parser = JSONParser()
        for number in 0..<200 {
            let good = keptDocument(
                "{\"a\":[\(number)],\"b\":\"\(String(repeating: "x", count: number))\"}")
            let value = try parser.parse(padded: good)
            #expect(value["b"]?.string?.count == number)
            #expect(throws: JSONSyntaxError.self) {
                try parser.parse(padded: keptDocument("{\"a\":"))
            }
        }
    }

    @Test("takes a document of a megabyte")
    func large() throws {
        let text = "{\"a\":[" + (0..<150_000).map(String.init).joined(separator: ",") + "]}"
        try JSONParser.withDocument(Array(text.utf8)) { #expect($0["a"]?.count == 150_000) }
    }

    @Test(
        "says what is wrong in one line",
        arguments: ["[]", "", "{", "{\"a\":nul}", "{\"a\":1e400}"])
    func words(text: String) {
        let error = #expect(throws: JSONSyntaxError.self) {
            try JSONParser.withDocument(Array(text.utf8)) { _ in }
        }
        #expect(error.map { !$0.description.isEmpty && !$0.description.contains("\n") } == true)
    }
}
