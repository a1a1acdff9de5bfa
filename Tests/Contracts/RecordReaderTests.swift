import Contracts
import Determinism
import TestSupport
import Testing

@Suite("The record reader")
struct RecordReaderTests {
    static let features = #""features":{"a":1,"b":2,"c":3}"#

    private func read(_ text: String) throws(ContractViolation) -> RecordReader {
        var reader = RecordReader(featureNames: ["a", "b", "c"])
        let parser = JSONParser()
        defer { withExtendedLifetime(parser) {} }
        try reader.read(try parser.object(keptDocument(text)))
        return reader
    }

    /// The texts of the features; the parser must outlive them.
    private func texts(_ text: String) throws -> [String] {
        let parser = JSONParser()
        var reader = RecordReader(featureNames: ["a", "b", "c"])
        try reader.read(try parser.object(keptDocument(text)))
        return withExtendedLifetime(parser) { reader.featureTexts.map(\.string) }
    }

    private func violation(_ text: String) -> ContractViolation? {
        do throws(ContractViolation) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "says what is wrong with a record, in one line that names the field",
        arguments: [
            ("{\(features)}", .missingField, "required field 'id' is missing"),
            (#"{"id":"x"}"#, .missingField, "required field 'features' is missing"),
            ("{\"id\":\"x\",\"id\":\"x\",\(features)}", .duplicateField, "field 'id' stands twice"),
            (
                "{\"id\":\"x\",\(features),\(features)}", .duplicateField,
                "field 'features' stands twice"
            ),
            (
                #"{"id":"x","features":{"a":1,"b":2,"a":3}}"#, .duplicateField,
                "feature 'a' stands twice"
            ),
            ("{\"id\":7,\(features)}", .wrongType, "field 'id' is a number; it must be a string"),
            ("{\"id\":null,\(features)}", .wrongType, "field 'id' is null; it must be a string"),
            (
                #"{"id":"x","features":"1,2,3"}"#, .wrongType,
                "field 'features' is a string; it must be an object of name to number, or an array"
            ),
            (
                #"{"id":"x","features":null}"#, .wrongType,
                "field 'features' is null; it must be an object of name to number, or an array"
            ),
            (
                #"{"id":"x","features":{"a":"1","b":2,"c":3}}"#, .wrongType,
                "feature 'a' is a string; it must be a finite number"
            ),
            (
                #"{"id":"x","features":[1,null,3]}"#, .wrongType,
                "feature 'b' is null; it must be a finite number"
            ),
            (
                #"{"id":"x","features":[1,[2],3]}"#, .wrongType,
                "feature 'b' is an array; it must be a finite number"
            ),
            (
                "{\"id\":\"x\",\(features),\"classicalScore\":1.01}", .outOfRange,
                "field 'classicalScore' is 1.01; it must be 0 to 1"
            ),
            (
                "{\"id\":\"x\",\(features),\"value\":-0.5}", .outOfRange,
                "field 'value' is -0.5; it must not be negative"
            ),
            (
                "{\"id\":\"x\",\(features),\"latencyBudgetMs\":0}", .outOfRange,
                "field 'latencyBudgetMs' is 0; it must be 1 to 86400000"
            ),
            (
                "{\"id\":\"x\",\(features),\"latencyBudgetMs\":1.5}", .wrongType,
                "field 'latencyBudgetMs' is a number; it must be a whole number within ±2^53"
            ),
            (
                "{\"id\":\"x\",\(features),\"priority\":\"urgent\"}", .outOfRange,
                "field 'priority' is 'urgent'; allowed: low, normal, high"
            ),
            (
                "{\"id\":\"x\",\(features),\"dataClass\":\"secret\"}", .outOfRange,
                "field 'dataClass' is 'secret'; allowed: public, internal, restricted"
            ),
            (
                "{\"id\":\"x\",\(features),\"time\":\"yesterday\"}", .invalidTime,
                "field 'time' is 'yesterday'; it must be RFC 3339, such as 2026-11-21T10:15:30Z"
            ),
            (
                "{\"id\":\"\",\(features)}", .idLength,
                "field 'id' has 0 bytes; it must have 1 to 256"
            ),
            (
                #"{"id":"x","features":{"a":1,"b":2,"d":3}}"#, .unknownFeature,
                "feature 'd' is not one of the model's"
            ),
            (#"{"id":"x","features":{"a":1,"c":3}}"#, .missingFeature, "feature 'b' is missing"),
            (#"{"id":"x","features":{}}"#, .missingFeature, "feature 'a' is missing"),
            (
                #"{"id":"x","features":[1,2]}"#, .featureCount,
                "features holds 2 numbers; the model has 3 features"
            ),
            (
                #"{"id":"x","features":[1,2,3,4]}"#, .featureCount,
                "features holds 4 numbers; the model has 3 features"
            ),
            ("[1]", .malformedJSON, "the document is not a JSON object"),
        ] as [(String, RejectCode, String)])
    func violations(text: String, code: RejectCode, message: String) {
        #expect(violation(text) == ContractViolation(code, message))
    }

    @Test(
        "refuses null in every optional field",
        arguments: [
            "classicalScore", "time", "tenant", "priority", "value", "latencyBudgetMs", "dataClass",
        ])
    func nulls(field: String) {
        #expect(violation("{\"id\":\"x\",\(Self.features),\"\(field)\":null}")?.code == .wrongType)
    }

    @Test(
        "takes ids of one to 256 bytes, counted in UTF-8",
        arguments: [
            ("x", nil), (String(repeating: "x", count: 256), nil),
            (String(repeating: "x", count: 257), .idLength), ("", .idLength),
            (String(repeating: "é", count: 128), nil),
            (String(repeating: "é", count: 129), .idLength),
            (String(repeating: #"\u0041"#, count: 256), nil),
        ] as [(String, RejectCode?)])
    func idLengths(id: String, code: RejectCode?) {
        #expect(violation("{\"id\":\"\(id)\",\(Self.features)}")?.code == code)
    }

    @Test(
        "puts features into the model's order, digits as they came",
        arguments: [
            #"{"id":"x","features":{"a":1.50,"b":-2e3,"c":0}}"#,
            #"{"id":"x","features":{"c":0,"a":1.50,"b":-2e3}}"#,
            #"{"features" : { "b" : -2e3 , "c" : 0 , "a" : 1.50 } , "id" : "x"}"#,
            #"{"id":"x","features":[1.50,-2e3,0]}"#,
            "{\"id\":\"x\",\"features\":[1.50 ,\n-2e3\t, 0 ]}",
        ])
    func orders(text: String) throws { #expect(try texts(text) == ["1.50", "-2e3", "0"]) }

    @Test("takes every optional field, and forgets them for the next record")
    func optionalFields() throws {
        let full = """
            {"id":"x",\(Self.features),"time":"1970-01-01T00:00:01Z","classicalScore":1,\
            "tenant":"","priority":"high","value":0,"latencyBudgetMs":86400000,\
            "dataClass":"restricted","extra":1,"more":{"id":"y"}}
            """
        let parser = JSONParser()
        var reader = RecordReader(featureNames: ["a", "b", "c"])
        try reader.read(try parser.object(keptDocument(full)))
        #expect(reader.id.string == "x" && reader.classicalScore == 1)
        #expect(reader.time?.microseconds == 1_000_000)
        #expect(reader.context.tenant?.isEmpty == true && reader.context.priority == .high)
        #expect(reader.context.value == 0 && reader.context.dataClass == .restricted)
        #expect(reader.context.latencyBudgetMilliseconds == 86_400_000)
        #expect(reader.unknownFields == 2)
        try reader.read(try parser.object(keptDocument("{\"id\":\"y\",\(Self.features)}")))
        #expect(reader.classicalScore == nil && reader.time == nil && reader.unknownFields == 0)
        #expect(reader.context.tenant == nil && reader.context.priority == .normal)
        #expect(reader.context.value == nil && reader.context.dataClass == .internal)
        #expect(reader.context.latencyBudgetMilliseconds == nil)
        withExtendedLifetime(parser) {}
    }

    @Test("counts unknown fields, repeated ones too")
    func unknownFields() throws {
        #expect(
            try read("{\"q\":1,\"id\":\"x\",\(Self.features),\"q\":[],\"r\":null}").unknownFields
                == 3)
    }

    @Test("reads the examples of the published schema")
    func examples() throws {
        let schema = try TopicFiles().schema("records")
        let examples = try #require(schema["examples"] as? [[String: Any]])
        let parser = JSONParser()
        for example in examples {
            var reader = RecordReader(featureNames: ["amount", "age_days", "velocity_1h"])
            let text = try jsonText(example)
            try reader.read(try parser.object(keptDocument(text)))
            #expect(reader.unknownFields == 0)
        }
        withExtendedLifetime(parser) {}
    }
}
