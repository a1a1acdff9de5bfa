public import Contracts
internal import Determinism
internal import Models

/// Stage 1: checks each record under the current model's feature contract.
///
/// records → features, rejects. A valid record goes on with its features in the model's order, digits as they
/// came; any other goes to `rejects` with the first violation found. `counters.ignored` counts unknown
/// fields.
public struct Ingestion: Stage {
    public let name = StageName.ingestion
    public private(set) var counters = StageCounters()

    private let maximumRecordBytes: Int
    private let parser = JSONParser()
    private var model: ActiveModel?
    private var reader = RecordReader(featureNames: [])

    /// - Parameter maximumRecordBytes: larger values are rejected unread.
    public init(maximumRecordBytes: Int = 262_144) {
        self.maximumRecordBytes = maximumRecordBytes
    }

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard let model = context.control.model else { return }
        adopt(model)
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                try ingest(batch, index, model, now: context.now, into: &out)
                counters.emitted += 1
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    private mutating func adopt(_ current: ActiveModel) {
        guard model !== current else { return }
        model = current
        reader = RecordReader(featureNames: current.bundle.features.names)
    }

    private mutating func ingest(
        _ batch: borrowing InboundBatch, _ index: Int, _ model: ActiveModel, now: Timestamp,
        into out: inout OutboundBatch
    ) throws(ContractViolation) {
        let value = try checkedValue(batch, index)
        let object: JSONValue
        do {
            object = try parser.parse(padded: value)
        } catch {
            throw ContractViolation(.malformedJSON, error.description)
        }
        try reader.read(object)
        counters.ignored += reader.unknownFields
        var features = FeaturesMessage()
        features.id = reader.id
        features.receivedAt = Self.arrival(batch.messages[index].timestamp, now: now)
        features.model = model.identity.slice
        features.classicalScore = reader.classicalScore
        features.context = reader.context
        let texts = reader.featureTexts
        out.emit(to: .features, key: reader.id, headers: carried(batch.messages[index].headers)) {
            features.writeHead(into: &$0)
            $0.name("features")
            $0.append(UInt8(ascii: "["))
            for position in texts.indices {
                if position > 0 { $0.append(UInt8(ascii: ",")) }
                $0.append(texts[position])
            }
            $0.append(UInt8(ascii: "]"))
            features.writeTail(into: &$0)
        }
    }

    /// A producer's clock that runs ahead must not lengthen the budget; a time before 1970 is none.
    private static func arrival(_ timestamp: Timestamp, now: Timestamp) -> Timestamp {
        timestamp.microseconds < 0 ? now : min(timestamp, now)
    }

    private func checkedValue(
        _ batch: borrowing InboundBatch, _ index: Int
    ) throws(ContractViolation) -> ByteSlice {
        guard let key = batch.key(index), !key.isEmpty else {
            throw ContractViolation(
                .missingKey, "the message has no Kafka key; it must be the record's id")
        }
        guard let value = batch.value(index), !value.isEmpty else {
            throw ContractViolation(.emptyValue, "the message has no value; it must be a JSON object")
        }
        guard value.count <= maximumRecordBytes else {
            throw ContractViolation(
                .oversize, "the value has \(value.count) bytes; at most \(maximumRecordBytes) are taken")
        }
        return value
    }

    /// Headers that travel from record to score: W3C trace context and CloudEvents attributes.
    private func carried(_ headers: [MessageHeader]) -> [MessageHeader] {
        guard !headers.isEmpty else { return headers }
        return headers.filter {
            $0.name == "traceparent" || $0.name == "tracestate" || $0.name.hasPrefix("ce_")
        }
    }
}
