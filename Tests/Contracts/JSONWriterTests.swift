import Contracts
import Foundation
import TestSupport
import Testing

@Suite("JSON as written")
struct JSONWriterTests {
    private func written(_ build: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter(capacity: 1)
        build(&writer)
        return String(decoding: writer.contents, as: UTF8.self)
    }

    @Test("gives back the same double bit for bit, for a hundred thousand of all sizes")
    func doubles() throws {
        var draw = Draw(seed: 1)
        let edges: [Double] = [
            0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
            -.greatestFiniteMagnitude, 0.1, 1e21, 1e-7, 123_456_789_012_345_680,
        ]
        let values = edges + (0..<100_000).map { _ in draw.double() }
        let text = written {
            $0.beginObject()
            $0.member("v", numbers: values)
            $0.endObject()
        }
        var read: [Double] = []
        try JSONParser.withDocument(Array(text.utf8)) { document in
            document["v"]?.forEachElement { read.append($0.number ?? .nan) }
        }
        #expect(read.count == values.count)
        let differing = zip(values, read).filter { $0.bitPattern != $1.bitPattern }
        #expect(differing.isEmpty, "\(differing.prefix(3))")
    }

    @Test(
        "gives the decimal digits of every integer",
        arguments: [
            Int.min, Int.min + 1, -10, -9, -1, 0, 1, 9, 10, 99, 100, 999_999_999_999, Int.max - 1,
            Int.max, 1_000_000_000_000_000_000, -1_000_000_000_000_000_000,
        ])
    func integers(value: Int) {
        #expect(written { $0.append(integer: value) } == String(value))
        #expect(written { $0.append(integer: value / 7) } == String(value / 7))
    }

    @Test("writes words as sixteen hexadecimal digits", arguments: [0, 1, 0xABCDEF, .max])
    func hexadecimal(word: UInt64) {
        let digits = String(word, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        #expect(written { $0.append(hex: word) } == padded)
    }

    @Test("escapes quotes, backslashes and control characters, and nothing else")
    func escapes() {
        #expect(written { $0.appendQuoted("a\"b\\c") } == #""a\"b\\c""#)
        #expect(
            written { $0.appendQuoted("\n\r\t\u{8}\u{1F}\u{0}") } == #""\n\r\t\u0008\u001f\u0000""#)
        #expect(written { $0.appendQuoted("/é漢😀\u{7F}") } == "\"/é漢😀\u{7F}\"")
        #expect(written { $0.appendQuoted("") } == "\"\"")
    }

    @Test("is read by another parser as the same text, for random text")
    func textAgainstFoundation() throws {
        var draw = Draw(seed: 2)
        for _ in 0..<2_000 {
            let text = draw.text(0...40)
            let bytes = ByteWriter.object { $0.member("t", text) }
            let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            #expect(object?["t"] as? String == text)
            try JSONParser.withDocument(bytes) { document in
                #expect(document["t"]?.string?.string == text)
            }
        }
    }

    @Test("puts commas between members, at every depth")
    func members() {
        let bytes = ByteWriter.object {
            $0.member("a", 1)
            $0.member("b", true)
            $0.name("c")
            $0.beginObject()
            $0.memberNull("d")
            $0.member("e", numbers: [])
            $0.endObject()
            $0.member("f", hex: 10)
            $0.member("g", 0.5)
        }
        let wanted =
            #"{"a":1,"b":true,"c":{"d":null,"e":[]},"f":"000000000000000a","g":0.5}"#
        #expect(String(decoding: bytes, as: UTF8.self) == wanted)
    }

    @Test("keeps what was written before when it grows or is cut back")
    func growth() {
        var writer = ByteWriter(capacity: 1)
        var expected: [UInt8] = []
        for byte in 0..<5_000 {
            writer.append(UInt8(truncatingIfNeeded: byte))
            expected.append(UInt8(truncatingIfNeeded: byte))
        }
        #expect(writer.contents == expected)
        writer.truncate(to: 10)
        writer.append("x")
        #expect(writer.contents == expected[..<10] + [UInt8(ascii: "x")])
    }
}
