import Determinism
import KafkaTransport
import Testing

@Suite("What a user sees of librdkafka's lines")
struct KafkaLogFilterTests {
    private let start = Timestamp(milliseconds: 0)

    /// The lines that are shown of these, all at one time.
    private func shown(_ lines: [String], level: Int = 3) -> [String] {
        var filter = KafkaLogFilter()
        return lines.compactMap { filter.shown(level: level, line: $0, now: start) }
    }

    @Test("one line for the log, the error callback and every repetition of one trouble")
    func once() {
        let words = "127.0.0.1:9/1: Connect to ipv4#127.0.0.1:9 failed: Connection refused"
        #expect(
            shown([
                "[thrd:127.0.0.1:9/bootstrap]: \(words) (after 0ms in state CONNECT)",
                "\(words) (after 1010ms in state CONNECT)",
                "\(words) (after 0ms in state CONNECT, 30 identical error(s) suppressed)",
                "[thrd:main]: Consumer group session timed out after 6000 ms without an answer",
                "[thrd:main]: Consumer group session timed out after 6002 ms without an answer",
            ]) == [
                "\(words) (after 0ms in state CONNECT)",
                "Consumer group session timed out after 6000 ms without an answer",
            ])
    }

    @Test("different brokers and topics are different lines")
    func different() {
        let lines = ["a:9/1: Disconnected", "a:9/2: Disconnected", "b:9/1: Disconnected"]
        #expect(shown(lines) == lines)
    }

    @Test("the same trouble again after a minute")
    func again() {
        var filter = KafkaLogFilter()
        #expect(filter.shown(level: 4, line: "x", now: start) == "x")
        #expect(filter.shown(level: 4, line: "x", now: start + .seconds(59 as Int64)) == nil)
        #expect(filter.shown(level: 4, line: "x", now: start + .seconds(60 as Int64)) == "x")
    }

    @Test("every line that was asked for with debug")
    func debug() {
        let lines = ["[thrd:main]: x", "[thrd:main]: x"]
        #expect(shown(lines, level: 7) == lines)
    }
}
