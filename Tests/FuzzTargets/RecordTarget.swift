import Contracts

/// A record's fields as bytes: what the reader took from it.
private func written(_ reader: RecordReader) -> [UInt8] {
    var out = ByteWriter(capacity: 1_024)
    out.beginObject()
    out.member("id", reader.id)
    out.name("features")
    writeFeatures(of: reader, into: &out)
    if let time = reader.time { out.member("time", time: time) }
    if let score = reader.classicalScore { out.member("classicalScore", score) }
    let context = reader.context
    if let tenant = context.tenant { out.member("tenant", tenant) }
    out.member("priority", context.priority.rawValue)
    if let value = context.value { out.member("value", value) }
    if let budget = context.latencyBudgetMilliseconds { out.member("latencyBudgetMs", budget) }
    out.member("dataClass", context.dataClass.rawValue)
    out.endObject()
    return out.contents
}

/// As ingestion writes them: the digits as they came.
private func writeFeatures(of reader: RecordReader, into out: inout ByteWriter) {
    out.append(UInt8(ascii: "["))
    for (index, text) in reader.featureTexts.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        out.append(text)
    }
    out.append(UInt8(ascii: "]"))
}

/// What ingestion makes of an accepted record.
private func featuresMessage(_ reader: RecordReader) -> [UInt8] {
    var message = FeaturesMessage()
    message.id = reader.id
    message.classicalScore = reader.classicalScore
    message.context = reader.context
    var out = ByteWriter(capacity: 1_024)
    message.writeHead(into: &out)
    out.name("features")
    writeFeatures(of: reader, into: &out)
    message.writeTail(into: &out)
    return out.contents
}

private func read(_ bytes: [UInt8]) -> Result<([UInt8], features: [UInt8]), ContractViolation> {
    var arena = ByteWriter(capacity: bytes.count + 64)
    arena.append(bytes: bytes)
    let parser = JSONParser()
    var reader = RecordReader(featureNames: ["alpha", "beta", "gamma"])
    do throws(ContractViolation) {
        try reader.read(arena.slice(0..<arena.count), with: parser)
    } catch {
        return .failure(error)
    }
    let result = (written(reader), features: featuresMessage(reader))
    withExtendedLifetime(parser) {}
    _ = arena.count
    return .success(result)
}

/// `records`, which anybody writes: refused with a short reason, or read so that writing it down and
/// reading that gives the same; and the next stage accepts what ingestion makes of it.
@Sendable public func fuzzRecord(_ bytes: [UInt8]) -> FuzzOutcome {
    switch read(bytes) {
    case .failure(let violation): return refusal(violation)
    case .success((let record, let features)):
        guard case .success((let again, _)) = read(record) else {
            return .broken("what it read is refused")
        }
        guard again == record else {
            return .broken("what it read is read as something else")
        }
        if case .failure(let violation) = canonical(FeaturesMessage.self, features) {
            return .broken("the features of an accepted record are refused: \(violation)")
        }
        return fixedPoint(FeaturesMessage.self, features)
    }
}
