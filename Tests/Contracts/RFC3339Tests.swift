import Contracts
import Determinism
import Foundation
import TestSupport
import Testing

@Suite("RFC 3339 times")
struct RFC3339Tests {
    private func written(_ time: Timestamp) -> String {
        var writer = ByteWriter(capacity: 64)
        writer.append(rfc3339: time)
        return String(decoding: writer.contents, as: UTF8.self)
    }

    private func read(_ text: String) -> Int64? { Timestamp(rfc3339: kept(text))?.microseconds }

    @Test("are those of Foundation, both ways, from year 1 to 9999")
    func againstFoundation() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var draw = Draw(seed: 3)
        for _ in 0..<5_000 {
            // Foundation's calendar is Julian before October 1582.
            let milliseconds = draw.int(-12_219_292_800_000...253_402_300_799_999)
            let time = Timestamp(milliseconds: Int64(milliseconds))
            let text = written(time)
            #expect(read(text) == time.microseconds, "\(text)")
            let date = try #require(formatter.date(from: text), "\(text)")
            let theirs = (date.timeIntervalSince1970 * 1_000).rounded()
            #expect(theirs == Double(milliseconds), "\(text)")
        }
    }

    @Test(
        "are read with any offset, fraction and letter case",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:01z", 1_000_000),
            ("1970-01-01 00:00:00Z", 0), ("1970-01-01T01:30:00+01:30", 0),
            ("1969-12-31T16:00:00-08:00", 0), ("1970-01-01T00:00:00-00:00", 0),
            ("1970-01-01T00:00:00.5Z", 500_000), ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("1969-12-31T23:59:59.999999Z", -1), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("2024-02-29T12:00:00+02:00", 1_709_200_800_000_000),
            ("1985-04-12T23:20:50.52Z", 482_196_050_520_000),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000_000),
            ("1990-12-31T23:59:60Z", 662_688_000_000_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000),
        ])
    func readings(text: String, microseconds: Int64) { #expect(read(text) == microseconds) }

    @Test(
        "are refused when malformed or impossible",
        arguments: [
            "", "2024", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00Z",
            "2024-1-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z", "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+0100", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+01:60",
            "2024-01-01T00:00:00+01", "2024-01-01T00:00:00ZZ", "2024-01-01T00:00:00Z ",
            " 2024-01-01T00:00:00Z", "2024-01-01X00:00:00Z", "-024-01-01T00:00:00Z",
            "+2024-01-01T00:00:00Z", "2024/01/01T00:00:00Z", "２０24-01-01T00:00:00Z",
            "2024-01-01T00:00:00.1234567890123456789012Z",
        ])
    func refusals(text: String) { #expect(read(text) == nil) }

    @Test("know the leap years of the Gregorian calendar")
    func leapYears() {
        for (year, leap) in [
            (1600, true), (1700, false), (1904, true), (2000, true), (2100, false),
        ] {
            #expect((read("\(year)-02-29T00:00:00Z") != nil) == leap, "\(year)")
            let last = read("\(year)-12-31T00:00:00Z") ?? 0
            let first = read("\(year)-01-01T00:00:00Z") ?? 0
            #expect((last - first) / 86_400_000_000 == (leap ? 365 : 364), "\(year)")
        }
    }

    @Test(
        "are bounded to what four digits of a year can say",
        arguments: [
            (-9_223_372_036_854_775, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
            (9_223_372_036_854_775, "9999-12-31T23:59:59.999Z"),
        ])
    func extremes(milliseconds: Int64, text: String) {
        #expect(written(Timestamp(milliseconds: milliseconds)) == text)
    }
}
