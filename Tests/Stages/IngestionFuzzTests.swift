import Contracts
import Determinism
import Foundation
import Stages
import TestSupport
import Testing

@Suite("Ingestion under mutated records")
struct IngestionFuzzTests {
    static let record = #"""
        {"id":"txn-000184","features":{"alpha":0.5,"beta":-2.5e-1,"gamma":3},"time":"2023-11-14T22:13:20Z",\#
        "classicalScore":0.41,"tenant":"shop-7","priority":"high","value":412.5,"latencyBudgetMs":250,\#
        "dataClass":"internal","note":"ünïcödé \u00e9"}
        """#
    static let count = 10_000

    /// One way to spoil a record.
    private func mutate(_ bytes: [UInt8], _ draw: inout Draw) -> [UInt8] {
        var bytes = bytes
        let place = bytes.isEmpty ? 0 : draw.int(0...bytes.count - 1)
        switch draw.int(0...9) {
        case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(draw.int(0...7))
        case 1: bytes.removeLast(bytes.count - place)
        case 2:
            let end = min(bytes.count, place + draw.int(1...60))
            bytes.insert(contentsOf: bytes[place..<end], at: draw.int(0...bytes.count))
        case 3:
            let noise = (0..<draw.int(1...8)).map { _ in UInt8(draw.int(0...255)) }
            bytes.insert(contentsOf: noise, at: place)
        case 4: swapTokens(&bytes, &draw)
        case 5: bytes.replaceNumber(with: draw.pick(Self.numbers), &draw)
        case 6:
            let depth = draw.pick([3, 63, 64, 65, 1_000, 50_000])
            let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            bytes.replaceNumber(with: nest, &draw)
        case 7: bytes = draw.bool() ? [] : Array("{}".utf8)
        case 8: bytes.removeSubrange(place..<min(bytes.count, place + draw.int(1...40)))
        default: bytes.replaceNumber(with: draw.pick(Self.atoms), &draw)
        }
        return bytes
    }

    private static let numbers = [
        "1e308", "-1e308", "1e309", "1e400", "1e-400", "-0", "00", "1e",
        "123456789012345678901234567890",
        "0.1e1", "9007199254740993", "-1", "86400001",
    ]
    private static let atoms = [
        "null", "true", "\"x\"", "NaN", "Infinity", "nul", "{}", "[]", "",
        "\"2023-02-29T00:00:00Z\"",
        "\"\\ud800\"",
    ]

    private func swapTokens(_ bytes: inout [UInt8], _ draw: inout Draw) {
        let marks = bytes.indices.filter { [0x7B, 0x7D, 0x3A, 0x2C, 0x22].contains(bytes[$0]) }
        guard marks.count > 1 else { return }
        bytes.swapAt(draw.pick(marks), draw.pick(marks))
    }

    private func input(_ number: Int, _ draw: inout Draw) -> Input {
        var value: [UInt8]? = Array(Self.record.utf8)
        // Every tenth stays as it is; others are spoiled once or a few times.
        if number % 10 > 0 {
            for _ in 0..<draw.pick([1, 1, 1, 2, 5]) { value = mutate(value ?? [], &draw) }
        }
        var input = Input(.records, value: draw.int(0...99) == 0 ? nil : value)
        input.offset = Int64(number)
        input.partition = Int32(draw.int(0...7))
        input.timestamp = Clock.start - .milliseconds(Int64(draw.int(-1_000...1_000)))
        input.headers = (0..<draw.int(0...3)).map { _ in
            MessageHeader(draw.pick(["traceparent", "x", "ce_id", ""]), draw.text(0...20))
        }
        if number % 10 > 0, draw.int(0...49) == 0 { input.key = draw.bool() ? nil : [] }
        return input
    }

    @Test(
        "writes each of ten thousand records on as features, or on rejects byte for byte with a known code"
    )
    func mutations() throws {
        var draw = Draw(seed: 20)
        var bench = Bench<Ingestion>()
        let schema = try TopicFiles().schema("features")
        var codes: [String: Int] = [:]
        var accepted = 0
        for start in stride(from: 0, to: Self.count, by: 100) {
            let inputs = (start..<start + 100).map { input($0, &draw) }
            let turn = bench.process(inputs)
            #expect(turn.messages.count == inputs.count)
            #expect(turn.held.isEmpty && turn.released.isEmpty)
            for (input, output) in zip(inputs, turn.messages) {
                if output.topic == .features {
                    accepted += 1
                    try check(output, of: input, schema)
                } else {
                    let code = try #require(check(reject: output, of: input))
                    codes[code, default: 0] += 1
                }
            }
        }
        let rejected = codes.values.reduce(0, +)
        #expect(accepted + rejected == Self.count)
        #expect(accepted >= Self.count / 10 && rejected > Self.count / 2)
        let counters = bench.stage.counters
        #expect(counters.received == Self.count)
        #expect(counters.emitted == accepted && counters.rejected == rejected)
        // The mutations reach all that a record can get wrong, short of being too large.
        let known = Set(RejectCode.allCases.map(\.rawValue))
        let notReached: Set = [
            "oversize", "undecodable", "unknownModel", "featureCount", "stageFailure",
        ]
        #expect(Set(codes.keys) == known.subtracting(notReached), "\(codes)")
    }

    private func check(_ output: Output, of input: Input, _ schema: [String: Any]) throws {
        let message = try output.decoded(FeaturesMessage.self)
        #expect(message.features.count == 3 && message.features.allSatisfy(\.isFinite))
        #expect(output.key == message.id.bytes)
        #expect(message.receivedAt <= Clock.start)
        #expect(
            output.headers == input.headers.filter { ["traceparent", "ce_id"].contains($0.name) })
        let object = try jsonObject(output.value ?? [])
        let problems = SchemaValidator.problems(of: object, schema: schema)
        #expect(problems.isEmpty, "\(problems)")
    }

    /// The code of a reject that carries its input untouched.
    private func check(reject output: Output, of input: Input) -> String? {
        #expect(output.topic == .rejects)
        #expect(output.key == input.key && output.value == input.value)
        #expect(output.timestamp == input.timestamp)
        #expect(Array(output.headers.prefix(input.headers.count)) == input.headers)
        #expect(output.header("tandem-error-stage") == "ingestion")
        #expect(output.header("tandem-error-topic") == "records")
        #expect(output.header("tandem-error-partition") == "\(input.partition)")
        #expect(output.header("tandem-error-offset") == "\(input.offset)")
        let words = output.header("tandem-error-message") ?? ""
        #expect(!words.isEmpty && words.utf8.count < 600)
        #expect(output.header("__connect.errors.exception.message") == words)
        let code = output.header("tandem-error-code")
        #expect(code.flatMap(RejectCode.init) != nil, "\(code ?? "none")")
        return code
    }

    @Test("gives the same outcome for the same seed")
    func determinism() {
        func run() -> [[UInt8]?] {
            var draw = Draw(seed: 21)
            var bench = Bench<Ingestion>()
            return (0..<200).flatMap { bench.process(input($0, &draw)).messages.map(\.value) }
        }
        #expect(run() == run())
    }
}

extension [UInt8] {
    /// Puts text in place of one of the numbers of a document.
    fileprivate mutating func replaceNumber(with text: String, _ draw: inout Draw) {
        let words = String(decoding: self, as: UTF8.self)
        let found = words.matches(of: /-?[0-9][-+.eE0-9]*/).map(\.range)
        guard !found.isEmpty else { return }
        self = Array(words.replacingCharacters(in: draw.pick(found), with: text).utf8)
    }
}
