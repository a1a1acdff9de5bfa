public import Determinism

/// `fallback-state`: where a record stands in the join, keyed by its id; the last message of a key
/// counts.
public struct FallbackStateMessage: TopicMessage {
    public enum State: String, Sendable, CaseIterable {
        /// The classical verdict is here, the quantum one is awaited: `classical` holds it.
        case waiting
        /// The quantum verdict came first: `quantum` holds it.
        case early
        /// The record has its score.
        case decided
    }

    public var state = State.decided
    /// When the state was reached; for an early verdict, when it came.
    public var at = Timestamp(microseconds: 0)
    /// Of a decided record: whether the score rests on its quantum verdict.
    public var usedQuantum = false
    public var classical = ClassicalVerdictMessage()
    public var quantum = QuantumVerdictMessage()

    public init() {}

    private static let names = FieldNames("state", "atMs", "usedQuantum", "classical", "quantum")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        var hasVerdict = false
        usedQuantum = false
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: state = try value.requireCase("state")
            case 1: at = try value.requireMilliseconds("atMs")
            case 2: usedQuantum = try value.requireBoolean("usedQuantum")
            case 3:
                try classical.read(value)
                hasVerdict = state == .waiting
            case 4:
                try quantum.read(value)
                hasVerdict = state == .early
            default: break
            }
        }
        try fields.require(first: 2)
        guard hasVerdict || state == .decided else {
            throw ContractViolation(.missingField, "a record that is \(state) has no verdict")
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("state", state.rawValue)
        out.member("atMs", Int(at.milliseconds))
        switch state {
        case .decided: out.member("usedQuantum", usedQuantum)
        case .waiting:
            out.name("classical")
            classical.write(into: &out)
        case .early:
            out.name("quantum")
            quantum.write(into: &out)
        }
        out.endObject()
    }
}
