import Contracts
import Determinism
import Foundation

/// A message's values by their names on the wire, from the Swift value and from its JSON, in one
/// form: what must be equal whoever wrote and whoever reads.
enum MessageFields {
    /// Values of every stored property, under the name that its topic's contract gives it.
    static func of(_ message: Any) -> [String: String] {
        var fields: [String: String] = [:]
        for child in Mirror(reflecting: message).children {
            guard let label = child.label else { continue }
            collect(child.value, wireName(label, in: message), into: &fields)
        }
        return fields
    }

    private static func wireName(_ label: String, in message: Any) -> String {
        let isScore = message is ScoreMessage
        switch label {
        case "headValue": return "head.value"
        case "headStandardError": return "head.standardError"
        case "estimate" where message is AdmissionStateMessage.Reservation: return label
        case "context", "estimate", "reservation": return ""
        case "at" where !(message is ControlMessage): return "atMs"
        case "classicalScore" where isScore: return "classical.score"
        case "classicalModel" where isScore: return "classical.model"
        case "model" where isScore: return "provenance.model"
        case "low": return "interval[0]"
        case "high": return "interval[1]"
        case "since" where message is InstanceMessage: return "sinceMs"
        case "submittedAt", "startedAt", "completedAt", "receivedAt", "throttledUntil",
            "measuredAt":
            return label + "Ms"
        case "from" where message is DeviceClosure, "until" where message is DeviceClosure:
            return label + "Ms"
        case "decidedAt": return "decidedAtUs"
        case "deadline" where !isScore: return "deadlineMs"
        default: break
        }
        guard label.hasSuffix("Milliseconds") else { return label }
        return String(label.dropLast("Milliseconds".count)) + "Ms"
    }

    private static func collect(
        _ value: Any, _ name: String, into fields: inout [String: String]
    ) {
        switch value {
        case let slice as ByteSlice: fields[name] = slice.string
        case let number as Double: fields[name] = text(number)
        // Left out where they say nothing.
        case let number as Int where number == 0 && name == "throttled": break
        case let number as Int where number == 1 && name == "servers": break
        case let text as String where text.isEmpty && name == "instance": break
        case let number as Int: fields[name] = text(Double(number))
        case let number as Int64: fields[name] = text(Double(number))
        case let texts as [String]: if !texts.isEmpty { fields[name] = "\(texts)" }
        case let word as UInt64:
            let digits = String(word, radix: 16)
            fields[name] = String(repeating: "0", count: 16 - digits.count) + digits
        case let flag as Bool: fields[name] = "\(flag)"
        case let time as Timestamp where name.hasSuffix("Us"):
            fields[name] = text(Double(time.microseconds))
        case let time as Timestamp: fields[name] = text(Double(time.milliseconds))
        case let text as String: fields[name] = text
        case let downgrade as Downgrade where downgrade == .none: break
        case let word as any RawRepresentable<String>: fields[name] = word.rawValue
        // What only some jobs carry is left out by the others.
        case let numbers as [Double] where numbers.isEmpty && name == "weights": break
        case let slices as [ByteSlice]:
            if !slices.isEmpty { fields[name] = "\(slices.map(\.string))" }
        case let numbers as [Double]:
            fields[name] = "[" + numbers.map(text).joined(separator: ",") + "]"
        default: collectParts(value, name, into: &fields)
        }
    }

    /// Twelve digits: Foundation's parser, the oracle here, is a few units off in the last place.
    private static func text(_ number: Double) -> String { String(format: "%.12g", number) }

    private static func collectParts(
        _ value: Any, _ name: String, into fields: inout [String: String]
    ) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            if let some = mirror.children.first { collect(some.value, name, into: &fields) }
            return
        }
        if mirror.displayStyle == .collection {
            for (index, element) in mirror.children.enumerated() {
                collect(element.value, "\(name)[\(index)]", into: &fields)
            }
            return
        }
        for (key, text) in of(value) { fields[name.isEmpty ? key : "\(name).\(key)"] = text }
    }

    /// Values of every member of a JSON object; null counts as absent.
    static func of(json object: [String: Any]) -> [String: String] {
        var fields: [String: String] = [:]
        for (name, value) in object { collect(json: value, name, into: &fields) }
        return fields
    }

    private static func collect(
        json value: Any, _ name: String, into fields: inout [String: String]
    ) {
        let isInterval = name.hasSuffix("interval")
        switch value {
        case is NSNull: break
        case let text as String: fields[name] = times.contains(name) ? milliseconds(text) : text
        case let numbers as [NSNumber] where isInterval:
            for (index, number) in numbers.enumerated() {
                fields["\(name)[\(index)]"] = text(number.doubleValue)
            }
        case let texts as [String]: fields[name] = "\(texts)"
        case let numbers as [NSNumber]:
            fields[name] = "[" + numbers.map { text($0.doubleValue) }.joined(separator: ",") + "]"
        case let objects as [[String: Any]]:
            for (index, object) in objects.enumerated() {
                collect(json: object, "\(name)[\(index)]", into: &fields)
            }
        case let object as [String: Any]:
            for (key, text) in of(json: object) { fields["\(name).\(key)"] = text }
        case let number as NSNumber:
            let isBoolean = unsafe String(cString: number.objCType) == "c"
            fields[name] = isBoolean ? "\(number.boolValue)" : text(number.doubleValue)
        default: fields[name] = "\(value)"
        }
    }

    private static let times: Set<String> = ["deadline", "time", "at"]

    private static func milliseconds(_ text: String) -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        guard let date = formatter.date(from: text) else { return text }
        return Self.text((date.timeIntervalSince1970 * 1_000).rounded())
    }
}
