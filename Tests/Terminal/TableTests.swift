import Terminal
import Testing

@Suite("Tables")
struct TableTests {
    private var table: TextTable {
        var table = TextTable(columns: [.init("source"), .init("scores", .trailing), .init("note")])
        table.addRow(["classical", "19,000", ""])
        table.addRow([.init("quantum"), .init("7", look: .green), .init("läuft")])
        table.addRow(["blend"])
        return table
    }

    @Test("align text at the left and numbers at the right, without spaces at line ends")
    func plain() {
        #expect(
            table.rendered(style: .plain) == """
                source     scores  note
                ─────────  ──────  ─────
                classical  19,000
                quantum         7  läuft
                blend

                """)
    }

    @Test("need nothing but ASCII")
    func ascii() {
        #expect(
            table.rendered(style: .ascii, indentation: 2) == """
                  source     scores  note
                  ---------  ------  -----
                  classical  19,000
                  quantum         7  l?uft
                  blend

                """)
    }

    @Test("colour the text and not the spaces around it")
    func colour() {
        let lines = table.rendered(style: Style(usesColor: true, usesUnicode: true))
            .split(separator: "\n")
        func bold(_ text: String) -> String { "\u{1B}[1m\(text)\u{1B}[0m" }
        #expect(lines[0] == bold("source") + "     " + bold("scores") + "  " + bold("note"))
        #expect(lines[3] == "quantum         \u{1B}[32m7\u{1B}[0m  läuft")
    }

    @Test("cut long cells, count wide characters twice and disarm control characters")
    func foreignText() {
        var table = TextTable(columns: [.init("id", maximumWidth: 8), .init("n", .trailing)])
        table.addRow(["abcdefghij", "1"])
        table.addRow(["量子", "22"])
        table.addRow(["a\u{1B}[2Jb", "3", "too much"])
        #expect(
            table.rendered(style: .plain) == """
                id         n
                ────────  ──
                abcdefg…   1
                量子      22
                a?[2Jb     3

                """)
    }

    @Test("without rows are a title and a rule")
    func empty() {
        let table = TextTable(columns: [.init("a"), .init("b")])
        #expect(table.rendered(style: .ascii) == "a  b\n-  -\n")
    }
}
