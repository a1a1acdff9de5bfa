internal import CSimdJSON

/// An append-only byte buffer that messages are written into.
///
/// It grows by doubling, is reused between batches, and always keeps `JSONParser.padding` spare
/// bytes behind its contents, so that what was written can be parsed in place.
@safe
public struct ByteWriter: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    public private(set) var count = 0

    public init(capacity: Int = 65_536) {
        self.capacity = max(capacity, 256)
        unsafe base = .allocate(capacity: self.capacity + JSONParser.padding)
        unsafe base.initialize(repeating: 0, count: self.capacity + JSONParser.padding)
    }

    deinit { unsafe base.deallocate() }

    public mutating func removeAll() { count = 0 }

    /// Forgets everything behind the first `length` bytes: undoes a half-written message.
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    /// Makes room; the check is inlined everywhere, the growth is not.
    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if _slowPath(count &+ more > capacity) { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger + JSONParser.padding)
        unsafe fresh.initialize(from: base, count: count)
        unsafe (fresh + count).initialize(
            repeating: 0, count: larger + JSONParser.padding - count)
        unsafe base.deallocate()
        unsafe base = fresh
        capacity = larger
    }

    /// Writes the separator and the quoted name of an object's next member, `name` needing no
    /// escapes.
    public mutating func name(_ name: StaticString) {
        let length = name.utf8CodeUnitCount
        reserve(length + 4)
        unsafe name.utf8Start.withMemoryRebound(to: UInt8.self, capacity: length) { text in
            var end = unsafe base + count
            if count > 0, unsafe base[count - 1] != UInt8(ascii: "{") {
                unsafe end.pointee = UInt8(ascii: ",")
                unsafe end += 1
            }
            unsafe end.pointee = UInt8(ascii: "\"")
            unsafe (end + 1).update(from: text, count: length)
            unsafe end[length + 1] = UInt8(ascii: "\"")
            unsafe end[length + 2] = UInt8(ascii: ":")
            count = unsafe end + length + 3 - base
        }
    }

    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe base[count] = byte
        count += 1
    }

    public mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        unsafe (base + count).update(from: text.utf8Start, count: length)
        count += length
    }

    public mutating func append(_ slice: ByteSlice) {
        guard slice.count > 0 else { return }
        reserve(slice.count)
        let target = unsafe UnsafeMutableRawPointer(base + count)
        unsafe slice.withUnsafeBytes { raw in
            if let source = raw.baseAddress {
                unsafe target.copyMemory(from: source, byteCount: raw.count)
            }
        }
        count += slice.count
    }

    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { buffer in
            append(unsafe ByteSlice(unsafeBase: buffer.baseAddress, count: buffer.count))
        }
    }

    public mutating func append(bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            append(unsafe ByteSlice(unsafeBase: buffer.baseAddress, count: buffer.count))
        }
    }

    /// Decimal digits of an integer.
    public mutating func append(integer: Int) {
        reserve(20)
        var magnitude = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        var digits = 1
        var limit: UInt = 10
        while digits < 20, magnitude >= limit {
            digits += 1
            let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
            if overflow { break }
            limit = next
        }
        var position = count + digits
        count = position
        repeat {
            position -= 1
            unsafe base[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
    }

    /// The shortest decimal form that reads back as the same double.
    ///
    /// - Precondition: `number` is finite. JSON has no other numbers, and the contracts admit none.
    public mutating func append(number: Double) {
        precondition(number.isFinite, "JSON has no infinities or NaN")
        reserve(32)
        count += unsafe tandem_json_write_double(number, base + count)
    }

    /// Sixteen lower-case hexadecimal digits.
    public mutating func append(hex word: UInt64) {
        reserve(16)
        for nibble in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * nibble)) & 15
            unsafe base[count + nibble] = digit < 10 ? 48 + digit : 87 + digit
        }
        count += 16
    }

    /// The bytes from `start` to `end`, valid until the next mutation.
    public func slice(_ range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe ByteSlice(unsafeBase: base + range.lowerBound, count: range.count)
    }
}
