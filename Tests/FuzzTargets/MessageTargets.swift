import Contracts

/// Longest message of a violation: it becomes two headers of a reject, beside the record itself.
let maximumViolationBytes = 600

/// A violation must say in one short line what is wrong.
func refusal(_ violation: ContractViolation) -> FuzzOutcome {
    let count = violation.message.utf8.count
    guard (1...maximumViolationBytes).contains(count) else {
        return .broken("\(violation.code) says it in \(count) bytes")
    }
    guard !violation.message.utf8.contains(where: { $0 < 0x20 }) else {
        return .broken("\(violation.code) has a control character in its message")
    }
    return .refused
}

/// What a parser makes of a message: its canonical bytes, or why it refuses it.
typealias Canonical = Result<[UInt8], ContractViolation>

/// Parses bytes as stages do and writes them again.
func canonical<Message: TopicMessage>(
    _ type: Message.Type, _ bytes: [UInt8], keepsDigits: Bool = false
) -> Canonical {
    var arena = ByteWriter(capacity: bytes.count + 64)
    arena.append(bytes: bytes)
    let parser = JSONParser()
    var message = Message()
    do throws(ContractViolation) {
        let slice = arena.slice(0..<arena.count)
        if keepsDigits {
            try message.read(parse(slice, parser))
        } else {
            try message.read(slice, with: parser)
        }
    } catch {
        return .failure(error)
    }
    var out = ByteWriter(capacity: bytes.count + 64)
    message.write(into: &out)
    withExtendedLifetime(parser) {}
    _ = arena.count
    return .success(out.contents)
}

/// simdjson's other front end, which keeps the digits of numbers.
private func parse(
    _ slice: ByteSlice, _ parser: JSONParser
) throws(ContractViolation) -> JSONValue {
    do { return try parser.parse(padded: slice, keepsDigits: true) } catch {
        throw ContractViolation(.malformedJSON, error.description)
    }
}

/// What a message is written as is read as the same; both of simdjson's front ends agree.
func fixedPoint<Message: TopicMessage>(_ type: Message.Type, _ bytes: [UInt8]) -> FuzzOutcome {
    let first = canonical(type, bytes)
    switch (first, canonical(type, bytes, keepsDigits: true)) {
    case (.success(let left), .success(let right)):
        guard left == right else { return .broken("\(type): the front ends read different values") }
    case (.failure(let left), .failure(let right)):
        guard left.code == right.code else {
            return .broken("\(type): refused as \(left.code) and as \(right.code)")
        }
    case (.success, .failure(let violation)), (.failure(let violation), .success):
        return .broken("\(type): one front end alone refuses it: \(violation)")
    }
    switch first {
    case .failure(let violation): return refusal(violation)
    case .success(let written):
        guard case .success(let again) = canonical(type, written) else {
            return .broken("\(type): what it writes is refused")
        }
        return again == written
            ? .held : .broken("\(type): what it writes is read as something else")
    }
}

/// `labels`, which the outside writes.
@Sendable public func fuzzLabel(_ bytes: [UInt8]) -> FuzzOutcome {
    fixedPoint(LabelMessage.self, bytes)
}

/// `control`, which operators write.
@Sendable public func fuzzControl(_ bytes: [UInt8]) -> FuzzOutcome {
    fixedPoint(ControlMessage.self, bytes)
}

/// `jobs`, which a worker of the user's may read and anybody may redrive.
@Sendable public func fuzzJob(_ bytes: [UInt8]) -> FuzzOutcome {
    fixedPoint(JobMessage.self, bytes)
}

/// `measurements`, which a worker of the user's may write.
@Sendable public func fuzzMeasurement(_ bytes: [UInt8]) -> FuzzOutcome {
    fixedPoint(MeasurementMessage.self, bytes)
}

/// Every other message that a stage reads; the first byte says which.
@Sendable public func fuzzMessage(_ bytes: [UInt8]) -> FuzzOutcome {
    guard let kind = bytes.first else { return .refused }
    let rest = Array(bytes.dropFirst())
    switch kind {
    case UInt8(ascii: "f"): return fixedPoint(FeaturesMessage.self, rest)
    case UInt8(ascii: "r"): return fixedPoint(ReducedMessage.self, rest)
    case UInt8(ascii: "c"): return fixedPoint(ClassicalVerdictMessage.self, rest)
    case UInt8(ascii: "q"): return fixedPoint(QuantumVerdictMessage.self, rest)
    case UInt8(ascii: "s"): return fixedPoint(ScoreMessage.self, rest)
    case UInt8(ascii: "p"): return fixedPoint(ComparisonMessage.self, rest)
    case UInt8(ascii: "l"): return fixedPoint(LedgerMessage.self, rest)
    case UInt8(ascii: "u"): return fixedPoint(QPUStatusMessage.self, rest)
    default: return .refused
    }
}
