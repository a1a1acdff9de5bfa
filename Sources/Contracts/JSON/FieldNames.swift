/// The field names of one message type, matched by position first.
///
/// Our own writers emit fields in declaration order, so the field behind the last match is nearly
/// always the next one; foreign writers cost a scan.
public struct FieldNames: Sendable {
    let names: [StaticString]

    public init(_ names: StaticString...) {
        precondition(names.count <= 64, "field masks have 64 bits")
        self.names = names
    }

    /// The index of `key`, or nil where the message has no such field.
    public func index(of key: ByteSlice, hint: Int) -> Int? {
        if hint < names.count, key.equals(names[hint]) { return hint }
        for index in names.indices where key.equals(names[index]) { return index }
        return nil
    }
}
