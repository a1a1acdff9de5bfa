public import Contracts
public import Determinism

/// Random values for properties: the same seed gives the same values on every machine.
public struct Draw {
    public var random: RandomStream

    public init(seed: UInt64) { random = RandomStream(seed: seed) }

    public mutating func int(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    public mutating func bool() -> Bool { random.next() & 1 == 1 }
    public mutating func probability() -> Double { random.uniform() }
    public mutating func word() -> UInt64 { random.next() }

    /// Any finite double: all exponents, both signs, subnormals and zeros.
    public mutating func double() -> Double {
        while true {
            let value = Double(bitPattern: random.next())
            if value.isFinite { return value }
        }
    }

    public mutating func positive() -> Double { probability() * 1_000 }

    /// Whole milliseconds between 1970 and 2286.
    public mutating func time() -> Timestamp {
        Timestamp(milliseconds: Int64(int(0...9_999_999_999_999)))
    }

    public mutating func pick<Value>(_ values: [Value]) -> Value {
        values[int(0...values.count - 1)]
    }

    public mutating func optional<Value>(_ make: (inout Draw) -> Value) -> Value? {
        bool() ? make(&self) : nil
    }

    /// One of an enumeration's cases.
    public mutating func oneOf<Value: CaseIterable>() -> Value { pick(Array(Value.allCases)) }

    /// Text with quotes, backslashes, control characters and letters of one to four bytes.
    public mutating func text(_ length: ClosedRange<Int> = 1...30) -> String {
        let letters = Array("abcXYZ019 _-./@\"\\\n\r\t\u{1}\u{1F}\u{7F}äßñ漢字€😀\u{0}")
        return String((0..<int(length)).map { _ in pick(letters) })
    }

    public mutating func slice(_ length: ClosedRange<Int> = 1...30) -> ByteSlice {
        kept(text(length))
    }

    public mutating func numbers(_ count: ClosedRange<Int> = 1...12) -> [Double] {
        (0..<int(count)).map { _ in double() }
    }
}
