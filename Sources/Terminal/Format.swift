/// Numbers as people read them. Every function is pure and knows no locale: `,` groups thousands,
/// `.` begins the fraction.
public enum Format {
    /// What stands for a number that does not exist (NaN, infinity, no value).
    public static let missing = "-"

    /// `1,234,567`.
    public static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// `1,234.50`: rounded to `decimals` places (0…9), halves away from zero.
    public static func number(_ value: Double, decimals: Int) -> String {
        let places = min(max(decimals, 0), 9)
        let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled.isFinite else { return missing }
        guard scaled < 9e15 else { return "\(value)" }
        let units = Int(scaled)
        let whole = count(units / Int(scale))
        let sign = value < 0 && units > 0 ? "-" : ""
        guard places > 0 else { return sign + whole }
        let fraction = String(units % Int(scale))
        let zeros = String(repeating: "0", count: places - fraction.count)
        return sign + whole + "." + zeros + fraction
    }

    /// `12.3%` of a share of 1.
    public static func percentage(_ share: Double, decimals: Int = 1) -> String {
        let text = number(share * 100, decimals: decimals)
        return text == missing ? text : text + "%"
    }

    /// `12,345/s`; below 10 with one decimal.
    public static func rate(_ perSecond: Double) -> String {
        let text = number(perSecond, decimals: abs(perSecond) < 10 ? 1 : 0)
        return text == missing ? text : text + "/s"
    }

    /// A length of time in the unit that suits it, three digits: `850 µs`, `12.3 ms`, `1.23 s`,
    /// `2 min 05 s`, `3 h 07 min`.
    public static func duration(milliseconds: Double, style: Style = .plain) -> String {
        let size = abs(milliseconds)
        guard size.isFinite else { return missing }
        if size == 0 { return "0 ms" }
        if size < 0.9995 {
            return threeDigits(milliseconds * 1_000) + style.choose(" µs", " us")
        }
        if size < 999.5 { return threeDigits(milliseconds) + " ms" }
        if size < 59_950 { return threeDigits(milliseconds / 1_000) + " s" }
        guard size < 1e15 else { return missing }
        return longDuration(seconds: Int((milliseconds / 1_000).rounded()))
    }

    /// `512 B`, `1.50 KiB`, `20.0 MiB`.
    public static func bytes(_ value: Int) -> String {
        guard value.magnitude >= 1_024 else { return "\(value) B" }
        var size = Double(value)
        var unit = -1
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while abs(size) >= 1_023.5, unit < units.count - 1 {
            size /= 1_024
            unit += 1
        }
        return threeDigits(size) + " " + units[unit]
    }

    private static func longDuration(seconds: Int) -> String {
        let sign = seconds < 0 ? "-" : ""
        let total = Int(seconds.magnitude)
        if total < 3_600 { return "\(sign)\(total / 60) min \(twoDigits(total % 60)) s" }
        return "\(sign)\(count(total / 3_600)) h \(twoDigits(total / 60 % 60)) min"
    }

    static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Three significant digits for sizes from 1 up; smaller ones keep two decimals.
    private static func threeDigits(_ value: Double) -> String {
        let size = abs(value)
        return number(value, decimals: size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
    }
}
