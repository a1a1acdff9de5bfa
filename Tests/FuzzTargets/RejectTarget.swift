import Contracts
import Determinism
import Pipeline
import Stages

/// Headers of a message on `rejects`, which any producer may write.
///
/// The bytes are headers one after the other: a byte for the name, a byte for the value's length, the
/// value.
@Sendable public func fuzzRejectHeaders(_ bytes: [UInt8]) -> FuzzOutcome {
    let headers = headers(bytes)
    let note = RejectNote(headers: headers)
    guard RejectNote(headers: note.headers) == note else {
        return .broken("what it says is read as something else")
    }
    guard note.attempts >= 0 else { return .broken("\(note.attempts) attempts") }
    let original = RejectNote.original(headers)
    guard RejectNote.original(original) == original,
        RejectNote(headers: original) == RejectNote()
    else { return .broken("the rejection is not taken off") }
    let verdict = RedrivePolicy(topicPrefix: "tandem.").verdict(
        note, timestamp: Timestamp(milliseconds: 0))
    guard case .redrive(let topic, let attempt) = verdict else { return .refused }
    guard (1...3).contains(attempt), !Topology.readers(of: topic).isEmpty else {
        return .broken("redriven to \(topic) as attempt \(attempt)")
    }
    let back = RejectNote.redriven(headers, attempt: attempt)
    guard RejectNote(headers: back).attempts == attempt, RejectNote.original(back) == original
    else { return .broken("the way back changes the headers") }
    return .held
}

private let names = [
    "tandem-error-stage", "tandem-error-code", "tandem-error-message", "tandem-error-topic",
    "tandem-error-partition", "tandem-error-offset", "tandem-redrive-attempts",
    "__connect.errors.topic", "__connect.errors.exception.message", "traceparent", "",
]

private func headers(_ bytes: [UInt8]) -> [MessageHeader] {
    var headers: [MessageHeader] = []
    var rest = bytes[...]
    while rest.count >= 2 {
        let name = names[Int(rest.removeFirst()) % names.count]
        let length = Int(rest.removeFirst())
        headers.append(MessageHeader(name, Array(rest.prefix(length))))
        rest = rest.dropFirst(length)
    }
    return headers
}
