import Foundation
import Models
import Testing

@Suite("CSV tables")
struct CSVTableTests {
    private func parse(
        _ text: String, label: String? = "y", excluding: [String] = []
    ) throws -> CSVTable {
        try CSVTable(
            parsing: Array(text.utf8), source: "data.csv", labelColumn: label,
            excluding: excluding)
    }

    private func message(_ text: String, label: String? = "y") -> String {
        do {
            _ = try parse(text, label: label)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("features keep the columns' order wherever the label stands")
    func order() throws {
        let table = try parse("a,y,b\n1,0,2\n-3.5,1,4e2\n")
        #expect(table.featureNames == ["a", "b"])
        #expect(table.features == [1, 2, -3.5, 400])
        #expect(table.labels == [0, 1])
        #expect(table.rowCount == 2)
    }

    @Test("quotes, doubled quotes, CRLF, blank lines, spaces and a byte order mark are read")
    func format() throws {
        let text = "\u{FEFF}\"a,\"\"1\"\"\",\"y\"\r\n\r\n\"1\",0\r\n 2 ,\"1.0\"\r\n"
        let table = try parse(text)
        #expect(table.featureNames == ["a,\"1\""])
        #expect(table.features == [1, 2])
        #expect(table.labels == [0, 1])
    }

    @Test("the last line needs no line end")
    func lastLine() throws {
        #expect(try parse("a,y\n1,0").features == [1])
    }

    @Test("a table without a label column has no labels, and columns can be left out")
    func unlabelled() throws {
        let table = try parse("id,a\nx1,5\n", label: nil, excluding: ["id"])
        #expect(table.labels.isEmpty)
        #expect(table.features == [5])
    }

    @Test(
        "each mistake is one line that names the place",
        arguments: [
            ("", "data.csv: is empty, needs a header line and rows"),
            ("\n\n", "data.csv: is empty, needs a header line and rows"),
            ("a,y\n", "data.csv: has a header but no rows"),
            ("y\n1\n", "data.csv:1: has no feature columns beside the label"),
            (
                "a,y\n1,0\nx,1\n",
                "data.csv:3: column 'a': 'x' is not a number; correct it or exclude the column"
            ),
            (
                "a,y\n0x10,0\n",
                "data.csv:2: column 'a': '0x10' is not a number; correct it or exclude the column"
            ),
            ("a,y\nnan,0\n", "data.csv:2: column 'a': 'nan' is not a finite number"),
            ("a,y\n1e999,0\n", "data.csv:2: column 'a': '1e999' is not a finite number"),
            ("a,y\n,0\n", "data.csv:2: column 'a': value is missing"),
            ("a,y\n1,\n", "data.csv:2: column 'y': value is missing"),
            ("a,y\n1,2\n", "data.csv:2: column 'y': '2' is not a label, use 0 or 1"),
            ("a,y\n1,yes\n", "data.csv:2: column 'y': 'yes' is not a label, use 0 or 1"),
            ("a,y\n1\n", "data.csv:2: has 1 field, the header has 2"),
            ("a,y\n1,0,3\n", "data.csv:2: has 3 fields, the header has 2"),
            ("a,a,y\n1,2,0\n", "data.csv:1: column 'a': is in the header twice"),
            ("a,,y\n1,2,0\n", "data.csv:1: column '2': has an empty name in the header"),
            ("a,y\n\"1,0\n", "data.csv:2: column '1': a quoted field is not closed"),
            (
                "a,y\n\"1\"x,0\n",
                "data.csv:2: column '1': a quote is followed by text, "
                    + "write it twice inside a quoted field"
            ),
        ])
    func mistakes(text: String, expected: String) {
        #expect(message(text) == expected)
    }

    @Test("a missing label column comes with the nearest name")
    func suggestion() {
        #expect(
            message("a,Label\n1,0\n", label: "lable")
                == "data.csv:1: column 'lable': is not in the header; did you mean 'Label'?")
        #expect(
            message("a,b\n1,0\n", label: "outcome")
                == "data.csv:1: column 'outcome': is not in the header")
        // Two short names are always near: that says nothing.
        #expect(
            message("a,b\n1,0\n", label: "z")
                == "data.csv:1: column 'z': is not in the header")
        #expect(
            message("a,ab,Y\n1,0,0\n", label: "y")
                == "data.csv:1: column 'y': is not in the header; did you mean 'Y'?")
    }

    @Test("a quoted line end does not throw the line numbers off")
    func lineNumbers() {
        #expect(
            message("\"a\nb\",y\n1,0\n\nz,1\n")
                == "data.csv:5: column 'a b': 'z' is not a number; correct it or exclude the column"
        )
    }

    @Test("text that is not UTF-8 is an error, not a replacement character")
    func encoding() {
        let bytes: [UInt8] = [0x61, 0x2C, 0x79, 0x0A, 0xFF, 0x2C, 0x30]
        #expect(throws: CSVError.self) {
            try CSVTable(parsing: bytes, source: "data.csv", labelColumn: "y")
        }
    }

    @Test("a file that is not there, or a folder, is unreadable in one line")
    func unreadable() {
        let missing = Fixture.folder.appending(path: "nothing.csv").path()
        let error = #expect(throws: CSVError.self) {
            try CSVTable.read(path: missing, labelColumn: "y")
        }
        #expect(error?.description == "\(missing): cannot be read: no such file")
        let folder = Fixture.folder.path()
        #expect(throws: CSVError.self) { try CSVTable.read(path: folder, labelColumn: "y") }
    }

    @Test("the content hash follows values, not spelling")
    func contentHash() throws {
        let hash = try parse("a,y\n1,0\n2,1\n").contentHash
        #expect(try parse("\"a\",y\r\n1.0,0\r\n2e0,1\r\n").contentHash == hash)
        #expect(try parse("a,y\n1,0\n2,0\n").contentHash != hash)
        #expect(try parse("b,y\n1,0\n2,1\n").contentHash != hash)
    }

    @Test("the fixture's split is whole and disjoint")
    func fixtureSplit() throws {
        let whole = try Fixture.table("breast-cancer.csv")
        let (train, test) = (try Fixture.table("train.csv"), try Fixture.table("test.csv"))
        #expect(whole.rowCount == 569 && whole.featureNames.count == 30)
        #expect(train.rowCount == 398 && test.rowCount == 171)
        func rows(_ table: CSVTable) -> [[Double]] {
            let columns = table.featureNames.count
            return (0..<table.rowCount).map { row in
                Array(table.features[row * columns..<(row + 1) * columns])
            }
        }
        #expect(Set(rows(train)).isDisjoint(with: Set(rows(test))))
        #expect(Set(rows(train) + rows(test)) == Set(rows(whole)))
        #expect(whole.labels.reduce(0, +) == 212)
    }
}
