public import Determinism

/// RFC 3339 timestamps in UTC with milliseconds, such as `2026-11-21T10:15:30.250Z`.
extension ByteWriter {
    /// Instants outside the years 0000…9999, which the format cannot say, are written as its first
    /// or last.
    public mutating func append(rfc3339 instant: Timestamp) {
        let milliseconds = min(max(instant.milliseconds, CivilDate.earliest), CivilDate.latest)
        let days = milliseconds.flooredQuotient(86_400_000)
        var rest = Int(milliseconds - days * 86_400_000)
        let (year, month, day) = CivilDate.fromDays(Int(days))
        append(padded: year, digits: 4)
        append(UInt8(ascii: "-"))
        append(padded: month, digits: 2)
        append(UInt8(ascii: "-"))
        append(padded: day, digits: 2)
        append(UInt8(ascii: "T"))
        append(padded: rest / 3_600_000, digits: 2)
        rest %= 3_600_000
        append(UInt8(ascii: ":"))
        append(padded: rest / 60_000, digits: 2)
        rest %= 60_000
        append(UInt8(ascii: ":"))
        append(padded: rest / 1_000, digits: 2)
        append(UInt8(ascii: "."))
        append(padded: rest % 1_000, digits: 3)
        append(UInt8(ascii: "Z"))
    }

    private mutating func append(padded value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}

extension Timestamp {
    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`; nil for anything else, impossible dates included.
    ///
    /// A leap second (`:60`) is read as the second behind it.
    public init?(rfc3339 text: ByteSlice) {
        guard text.count >= 20, text.count <= 40 else { return nil }
        var reader = DigitReader(text: text)
        guard let year = reader.digits(4), reader.accept("-"),
            let month = reader.digits(2), reader.accept("-"),
            let day = reader.digits(2),
            reader.accept("T") || reader.accept("t") || reader.accept(" "),
            let hour = reader.digits(2), reader.accept(":"),
            let minute = reader.digits(2), reader.accept(":"),
            let second = reader.digits(2)
        else { return nil }
        guard (1...12).contains(month),
            (1...CivilDate.daysIn(month: month, year: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        guard let fraction = reader.fractionMicroseconds(), let offset = reader.offsetMinutes(),
            reader.isAtEnd
        else { return nil }
        let days = CivilDate.toDays(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }
}

private struct DigitReader {
    let text: ByteSlice
    var position = 0

    init(text: ByteSlice) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        guard position + count <= text.count else { return nil }
        var value = 0
        for index in position..<position + count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        position += count
        return value
    }

    mutating func fractionMicroseconds() -> Int? {
        guard accept(".") else { return 0 }
        var value = 0
        var scale = 100_000
        let start = position
        while position < text.count, text[position] &- UInt8(ascii: "0") < 10 {
            value += Int(text[position] - UInt8(ascii: "0")) * scale
            scale /= 10
            position += 1
        }
        return position > start ? value : nil
    }

    mutating func offsetMinutes() -> Int? {
        if accept("Z") || accept("z") { return 0 }
        let sign = accept("+") ? 1 : accept("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), accept(":"), let minutes = digits(2),
            hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

/// Proleptic Gregorian days since 1970-01-01 (Hinnant, "chrono-compatible low-level date
/// algorithms").
enum CivilDate {
    /// Milliseconds since 1970 of 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
    static let earliest: Int64 = -62_167_219_200_000
    static let latest: Int64 = 253_402_300_799_999

    static func toDays(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    static func fromDays(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * part + 2) / 5 + 1
        )
    }

    static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension FixedWidthInteger where Self: SignedInteger {
    /// Quotient rounded towards negative infinity, for a positive divisor.
    func flooredQuotient(_ divisor: Self) -> Self {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
