public import Determinism

/// `leases`: what admission's instances tell each other so that budgets and limits hold for all of
/// them; the last message of a key counts.
public struct LeaseMessage: TopicMessage, Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// A partition's account of a budget as it stands, and how much it could use: keyed
        /// `ask/BUDGET/PARTITION`.
        case ask
        /// All that one partition has given another of a budget since the window's start: keyed
        /// `credit/BUDGET/FROM/TO`. A running total, so that taking it again changes nothing.
        case credit
        /// Part of a rate or concurrency limit, lent until an instant: keyed
        /// `cession/LIMIT/FROM/TO`.
        case cession
    }

    public var kind = Kind.ask
    /// The budget's, or the limit's, name.
    public var name = ""
    /// The data partition that asks, gives or lends.
    public var from = 0
    /// Of a credit or cession: the partition that receives.
    public var to = 0
    /// Of an ask or credit: the budget's window.
    public var window = 0
    /// Parts of a trillion of the budget's cap: held, or given so far. Parts of a trillion of the
    /// limit: lent.
    public var parts = 0
    /// Of an ask: settled and reserved, in millionths; the cap it counts with, and its version.
    public var spent = 0
    public var cap = 0
    public var version = 0
    /// Of an ask: what calls that were worth it would have cost lately, millionths per second.
    public var demand = 0.0
    /// Of an ask: when it was made. Of a cession: when it ends.
    public var at = Timestamp(microseconds: 0)

    public init() {}

    public init(_ kind: Kind, _ name: String, from: Int, to: Int = 0) {
        self.kind = kind
        self.name = name
        self.from = from
        self.to = to
    }

    /// The key under which only the last message counts.
    public var key: String {
        kind == .ask ? "ask/\(name)/\(from)" : "\(kind.rawValue)/\(name)/\(from)/\(to)"
    }

    private static let names = FieldNames(
        "kind", "name", "from", "parts", "to", "window", "spent", "cap", "version", "demand", "atMs"
    )

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        self = LeaseMessage()
        var fields = FieldCursor(Self.names)
        var seen = 0
        try object.forEachMember { (key, value) throws(ContractViolation) in
            guard let index = try fields.next(key) else { return }
            seen |= 1 << index
            switch index {
            case 0: kind = try value.requireCase("kind")
            case 1: name = try value.requireString("name").string
            case 2: from = try value.requireCount("from")
            case 3: parts = try value.requireCount("parts")
            case 4: to = try value.requireCount("to")
            case 5: window = try value.requireCount("window")
            case 6: spent = try value.requireCount("spent")
            case 7: cap = try value.requireCount("cap")
            case 8: version = try value.requireCount("version")
            case 9: demand = try value.requireNumber("demand")
            default: at = try value.requireMilliseconds("atMs")
            }
        }
        try fields.require(first: 4)
        for index in Self.required(kind) where seen & 1 << index == 0 {
            throw ContractViolation(
                .missingField, "required field '\(Self.names.names[index])' is missing")
        }
        guard demand >= 0 else {
            throw ContractViolation(
                .outOfRange, "field 'demand' is \(demand); it must be 0 or more")
        }
    }

    /// What a kind has beside the four fields of all.
    private static func required(_ kind: Kind) -> [Int] {
        switch kind {
        case .ask: [5, 6, 7, 8, 9, 10]
        case .credit: [4, 5]
        case .cession: [4, 10]
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("kind", kind.rawValue)
        out.member("name", name)
        out.member("from", from)
        out.member("parts", parts)
        if kind != .ask { out.member("to", to) }
        if kind != .cession { out.member("window", window) }
        if kind == .ask {
            out.member("spent", spent)
            out.member("cap", cap)
            out.member("version", version)
            out.member("demand", demand)
        }
        if kind != .credit { out.member("atMs", Int(at.milliseconds)) }
        out.endObject()
    }
}

extension LeaseMessage.Kind: WireCase {
    public static let wireNames = WireNames<LeaseMessage.Kind>()
}
