import Terminal
import Testing

@Suite("A hex dump")
struct HexDumpTests {
    @Test("shows sixteen bytes a line with their characters, as hexdump -C does")
    func lines() {
        let bytes = Array("{\"id\":\"".utf8) + [0xE4, 0x00, 0x7F] + Array("0123456789".utf8)
        #expect(
            HexDump.rendered(bytes) == """
                00000000  7b 22 69 64 22 3a 22 e4  00 7f 30 31 32 33 34 35  |{"id":"...012345|
                00000010  36 37 38 39                                       |6789|

                """)
        #expect(HexDump.rendered([]).isEmpty)
    }

    @Test(
        "stands for bytes that are no text, or that could steer a terminal",
        arguments: [
            (Array("grüße, 漢字\t\r\n".utf8), true), ([], true), ([0xFF], false),
            (Array("\u{1B}[2J".utf8), false), ([0x00], false), (Array("\u{202E}x".utf8), false),
            (Array("\u{9B}2J".utf8), false),
        ] as [([UInt8], Bool)])
    func text(bytes: [UInt8], isText: Bool) {
        #expect((HexDump.text(bytes) != nil) == isText)
        #expect(HexDump.text(bytes).map { Array($0.utf8) == bytes } ?? true)
    }
}
