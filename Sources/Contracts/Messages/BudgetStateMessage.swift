/// `budgets`: what a data partition has of one budget, keyed by the budget's name, on that partition;
/// the last message counts.
///
/// Amounts are whole millionths of the price book's currency; shares are parts of a trillion of the
/// cap, so that they stay right when an operator changes it.
public struct BudgetStateMessage: TopicMessage, Sendable, Equatable {
    public var budget = ""
    /// Number of the window since the Unix epoch; 0 for a budget without one.
    public var window = 0
    /// The cap that the account lives under, and which of the operator's changes set it.
    public var cap = 0
    public var version = 0
    /// Whether all other accounts are known to live under this cap too.
    public var confirmed = false
    /// Paid at actual prices.
    public var settled = 0
    /// Set aside at estimated prices.
    public var reserved = 0
    /// Parts given to each partition since the window's start, whole numbers up to 2^53.
    public var granted: [Double] = []

    public init() {}

    private static let names = FieldNames(
        "budget", "window", "cap", "version", "confirmed", "settled", "reserved", "granted")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            switch try fields.next(key) {
            case 0: budget = try value.requireString("budget").string
            case 1: window = try value.requireCount("window")
            case 2: cap = try value.requireCount("cap")
            case 3: version = try value.requireCount("version")
            case 4: confirmed = try value.requireBoolean("confirmed")
            case 5: settled = try value.requireCount("settled")
            case 6: reserved = try value.requireCount("reserved")
            case 7: try value.requireCounts("granted", into: &granted)
            default: break
            }
        }
        try fields.require(first: 8)
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("budget", budget)
        out.member("window", window)
        out.member("cap", cap)
        out.member("version", version)
        out.member("confirmed", confirmed)
        out.member("settled", settled)
        out.member("reserved", reserved)
        out.member("granted", numbers: granted)
        out.endObject()
    }
}

extension JSONValue {
    /// A whole number, 0 to 2^53.
    func requireCount(_ field: StaticString) throws(ContractViolation) -> Int {
        let value = try requireInteger(field)
        guard value >= 0 else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' is \(value); it must be 0 or more")
        }
        return value
    }

    /// Whole numbers, 0 to 2^53.
    func requireCounts(
        _ field: StaticString, into target: inout [Double]
    ) throws(ContractViolation) {
        try requireNumbers(field, into: &target)
        guard target.allSatisfy({ $0 >= 0 && $0 <= 0x1p53 && $0.rounded() == $0 }) else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' must hold whole numbers from 0 to 2^53")
        }
    }
}
