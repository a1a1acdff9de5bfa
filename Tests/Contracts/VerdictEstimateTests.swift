import Contracts
import Testing

@Suite("A quantum verdict's estimate")
struct VerdictEstimateTests {
    private func read(without field: String?) throws -> QuantumVerdictMessage {
        var message = QuantumVerdictMessage()
        message.id = .absent
        message.estimate = QuantumVerdictMessage.Estimate(
            score: 0.5, standardError: 0.1, low: 0.25, high: 0.75, confidence: 0.5)
        var writer = ByteWriter(capacity: 1_024)
        message.write(into: &writer)
        var text = writer.slice(0..<writer.count).string
        if let field { text.replace("\"\(field)\":", with: "\"\(field)X\":") }
        var copy = QuantumVerdictMessage()
        try JSONParser.withDocument(Array(text.utf8)) { try copy.read($0) }
        copy.id = .absent
        return copy
    }

    @Test("is whole, or the message is refused", arguments: ["score", "interval", "confidence"])
    func partial(field: String) throws {
        #expect(try read(without: nil).estimate?.score == 0.5)
        let error = #expect(throws: ContractViolation.self) { try read(without: field) }
        #expect(error?.code == .missingField)
    }
}
