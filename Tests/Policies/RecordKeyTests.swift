import Policies
import Testing

@Suite("Record keys")
struct RecordKeyTests {
    @Test("A key is the same from text and from bytes, and pinned for ever")
    func stable() {
        #expect(RecordKey(id: "record-1") == RecordKey(bytes: "record-1".utf8))
        #expect(RecordKey(id: "é") == RecordKey(bytes: [0xC3, 0xA9]))
        let key = RecordKey(id: "record-1")
        #expect(key.high == 0xF46B_BCE7_B2BF_3248)
        #expect(key.low == 0x9CBB_F468_FB51_E8B3)
    }

    @Test("200,000 similar ids have as many keys, in both words")
    func distinct() {
        let keys = (0..<200_000).map { RecordKey(id: "customer-\($0)") }
        #expect(Set(keys).count == keys.count)
        #expect(Set(keys.map(\.high)).count == keys.count)
        #expect(Set(keys.map(\.low)).count == keys.count)
    }

    @Test("Keys are ordered by high word, then low word")
    func ordered() {
        let (first, second) = (RecordKey(high: 1, low: 9), RecordKey(high: 2, low: 0))
        #expect(first < second && !(second < first))
        #expect(RecordKey(high: 1, low: 1) < first)
    }
}
