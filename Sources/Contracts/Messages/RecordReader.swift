public import Determinism

/// The public input contract, `record/1`: checks a record against the features of a model.
///
/// Holds name look-ups and scratch space, so that checking a record allocates nothing.
public struct RecordReader {
    /// Longest `id` in bytes, as in the contract.
    public static let maximumIDBytes = 256

    /// Feature names in the model's order.
    public let featureNames: [String]
    /// Fields of the last record.
    public private(set) var id = ByteSlice.absent
    public private(set) var time: Timestamp?
    public private(set) var classicalScore: Double?
    public private(set) var context = RecordContext()
    /// Fields that the contract does not know, ignored and counted.
    public private(set) var unknownFields = 0
    /// The digits of each feature in the model's order, as the record wrote them.
    public private(set) var featureTexts: [ByteSlice]

    private let nameBytes: [[UInt8]]
    private var present: [Bool]

    private static let names = FieldNames(
        "id", "features", "time", "classicalScore", "tenant", "priority", "value",
        "latencyBudgetMs", "dataClass")

    public init(featureNames: [String]) {
        self.featureNames = featureNames
        nameBytes = featureNames.map { [UInt8]($0.utf8) }
        featureTexts = Array(repeating: .absent, count: featureNames.count)
        present = Array(repeating: false, count: featureNames.count)
    }

    /// Parses, checks and reads one record; its bytes have `JSONParser.padding` readable bytes
    /// behind them.
    public mutating func read(
        _ bytes: ByteSlice, with parser: JSONParser
    ) throws(ContractViolation) {
        let object: JSONValue
        do {
            object = try parser.parse(padded: bytes, keepsDigits: true)
        } catch {
            throw ContractViolation(.malformedJSON, error.description)
        }
        try read(object)
    }

    /// Checks and reads one record, parsed with its digits kept.
    mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        reset()
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: id = try value.requireRecordID()
            case 1: try readFeatures(value)
            case 2: time = try value.requireTime("time")
            case 3: classicalScore = try value.requireProbability("classicalScore")
            case 6: context.value = try Self.stake(value)
            case let field?: try context.read(field: field - 4, value)
            case nil: unknownFields += 1
            }
        }
        try fields.require(first: 2)
    }

    private mutating func reset() {
        time = nil
        classicalScore = nil
        context = RecordContext()
        unknownFields = 0
    }

    private static func stake(_ value: JSONValue) throws(ContractViolation) -> Double {
        let stake = try value.requireNumber("value")
        guard stake >= 0 else {
            throw ContractViolation(
                .outOfRange, "field 'value' is \(stake); it must not be negative")
        }
        return stake
    }

    private mutating func readFeatures(_ value: JSONValue) throws(ContractViolation) {
        switch value.kind {
        case .array: try readArray(value)
        case .object: try readObject(value)
        default: throw value.wrongType("features", "an object of name to number, or an array")
        }
    }

    private mutating func readArray(_ value: JSONValue) throws(ContractViolation) {
        guard value.count == featureNames.count else {
            throw ContractViolation(
                .featureCount,
                "features holds \(value.count) numbers; the model has \(featureNames.count) features"
            )
        }
        var index = 0
        try value.forEachElement { (element) throws(ContractViolation) in
            try store(element, at: index)
            index += 1
        }
    }

    private mutating func readObject(_ value: JSONValue) throws(ContractViolation) {
        for index in present.indices { present[index] = false }
        var hint = 0
        var found = 0
        try value.forEachMember { (key, element) throws(ContractViolation) in
            guard let index = featureIndex(of: key, hint: hint) else {
                throw ContractViolation(
                    .unknownFeature, "feature '\(key.excerpt())' is not one of the model's")
            }
            guard !present[index] else {
                throw ContractViolation(
                    .duplicateField, "feature '\(featureNames[index])' stands twice")
            }
            present[index] = true
            found += 1
            hint = index + 1
            try store(element, at: index)
        }
        if found < featureNames.count, let missing = present.firstIndex(of: false) {
            throw ContractViolation(
                .missingFeature, "feature '\(featureNames[missing])' is missing")
        }
    }

    private mutating func store(_ element: JSONValue, at index: Int) throws(ContractViolation) {
        guard let text = element.numberText else {
            throw ContractViolation(
                .wrongType,
                "feature '\(featureNames[index])' is \(element.kindName); it must be a finite number"
            )
        }
        featureTexts[index] = text
    }

    private func featureIndex(of key: ByteSlice, hint: Int) -> Int? {
        if hint < nameBytes.count, key.equals(nameBytes[hint]) { return hint }
        return nameBytes.firstIndex { key.equals($0) }
    }
}

extension ByteSlice {
    func equals(_ bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for index in 0..<count where self[index] != bytes[index] { return false }
        return true
    }
}

extension JSONValue {
    func requireRecordID() throws(ContractViolation) -> ByteSlice {
        let id = try requireString("id")
        guard (1...RecordReader.maximumIDBytes).contains(id.count) else {
            throw ContractViolation(
                .idLength,
                "field 'id' has \(id.count) bytes; it must have 1 to \(RecordReader.maximumIDBytes)"
            )
        }
        return id
    }
}
