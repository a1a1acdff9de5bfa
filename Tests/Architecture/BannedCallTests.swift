import TestSupport
import Testing

/// A construct and the files (or folders) that may use it.
struct Ban: CustomTestStringConvertible, Sendable {
    let words: String
    let pattern: String
    let exceptions: [String]
    let reason: String

    init(_ words: String, _ pattern: String, except exceptions: [String] = [], _ reason: String) {
        self.words = words
        self.pattern = pattern
        self.exceptions = exceptions
        self.reason = reason
    }

    var testDescription: String { words }
}

@Suite("The sources")
struct BannedCallTests {
    static let shell = "Sources/tandem/"

    static let bans: [Ban] = [
        Ban(
            "sleeping", #"\b(Thread\.sleep|Task\.sleep|usleep|nanosleep|sleep)\("#,
            "stages wait for nothing, the shell for events"),
        Ban(
            "reading a clock",
            #"\b(Date\(\)|Date\.now|ContinuousClock|SuspendingClock|clock_gettime|gettimeofday|DispatchTime\.now|CFAbsoluteTimeGetCurrent)\b|\bDate\(\)"#,
            except: ["Sources/Determinism/TimeSource.swift", shell],
            "time comes in through Determinism"),
        Ban(
            "drawing from the system",
            #"SystemRandomNumberGenerator|\.random\(in:|\.randomElement\(\)|\.shuffled\(\)|\barc4random|\bUUID\(\)"#,
            except: [shell], "chance comes in through Determinism"),
        Ban("forcing a try", #"\btry!"#, "a failure is handled or thrown"),
        Ban("forcing a cast", #"\bas!"#, "a wrong type is handled or thrown"),
        Ban(
            "ending the process", #"\b(fatalError|preconditionFailure|assertionFailure|abort)\("#,
            except: ["Sources/Contracts/JSON/JSONParser.swift"], "bad input is a value"),
        Ban(
            "printing", #"(^|[^.\w])(print|debugPrint|NSLog|dump)\("#,
            except: [shell], "the command alone writes to standard output"),
        Ban(
            "hashing per process", #"\bHasher\(\)|\.hashValue\b"#,
            "Hashable is seeded anew in every process"),
        Ban("leaving work undone", #"\b(TODO|FIXME|XXX|HACK)\b"#, "what is missing is an issue"),
        Ban(
            "ignoring warnings of the compiler", #"@unchecked Sendable|nonisolated\(unsafe\)"#,
            except: [
                "Sources/Contracts/JSON/ByteSlice.swift", "Sources/Contracts/JSON/OwnedBytes.swift",
                shell,
            ], "sharing is proved, apart from memory that is ours"),
    ]

    let files = Repository.swiftFiles(below: "Sources")

    /// Lines of code, without what stands behind `//`.
    private func code(_ file: String) throws -> [Substring] {
        try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in line.firstRange(of: /\/\//).map { line[..<$0.lowerBound] } ?? line }
    }

    private func uses(_ ban: Ban) throws -> [(place: String, file: String)] {
        let pattern = try Regex(ban.pattern)
        return try files.flatMap { file in
            try code(file).enumerated().compactMap { number, line in
                line.firstMatch(of: pattern) == nil ? nil : ("\(file):\(number + 1)", file)
            }
        }
    }

    @Test("use what is banned nowhere but where there is a reason", arguments: bans)
    func nothingBanned(ban: Ban) throws {
        let found = try uses(ban).filter { use in
            !ban.exceptions.contains { use.file.hasPrefix($0) }
        }
        #expect(found.isEmpty, "\(ban.words) (\(ban.reason)): \(found.map(\.place))")
    }

    @Test("need each exception that the list grants", arguments: bans)
    func exceptionsNeeded(ban: Ban) throws {
        let users = try uses(ban).map(\.file)
        for exception in ban.exceptions where exception != Self.shell {
            #expect(users.contains { $0.hasPrefix(exception) }, "\(exception): \(ban.words)")
        }
    }

    @Test("keep files under 600 lines, nine in ten of them under 350")
    func fileLength() throws {
        let lengths = try files.map { ($0, try code($0).count) }
        for (file, length) in lengths { #expect(length <= 600, "\(file): \(length) lines") }
        let long = lengths.count { $0.1 > 350 }
        #expect(long * 10 <= lengths.count, "\(long) of \(lengths.count)")
    }

    @Test("keep lines under 110 columns")
    func lineLength() throws {
        for file in files {
            let lines = try Repository.text(file).split(
                separator: "\n", omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated() where line.count > 110 {
                Issue.record("\(file):\(number + 1): \(line.count) columns")
            }
        }
    }
}
