import Foundation
import Testing

extension EndToEnd {
    @Suite("bench quantum", .serialized)
    struct BenchTests {
        private static let small = "W1 ZZ map, 4 qubits"
        private static let keys: Set = [
            "work", "qubits", "threads", "rate", "peer", "peerRate", "ratio",
        ]

        /// A Python environment that answers as the peers' script does, without any library.
        private static func environment(
            in folder: TemporaryFolder, apart: String
        ) throws -> String {
            let bin = folder.url.appending(path: "bin")
            try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
            let python = try folder.file(
                "bin/python",
                """
                #!/bin/sh
                echo "$*" >> '\(folder.path("calls"))'
                case "$*" in
                *'pip install'*' qulacs=='*) echo 'ERROR: no wheel fits' >&2; exit 1;;
                *'-m pip'*) exit 0;;
                esac
                echo '{"missing": {"qulacs": "not there", "aer": "ImportError: libgomp"}}'
                while read -r line; do
                    printf '%s\\n' "$line" >> '\(folder.path("works"))'
                    echo '{"peer": "other", "rate": 2, "difference": \(apart), "tolerance": 0.5}'
                    echo '{"done": true}'
                done
                """)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: python)
            return folder.path("")
        }

        private static func run(_ arguments: [String]) async throws -> CommandSnapshot {
            try await RunningCommand.run(
                ["bench", "quantum", "--seconds", "0.01"] + arguments, limit: 60)
        }

        private static func rows(_ run: CommandSnapshot) throws -> [[String: Any]] {
            let json = try JSONSerialization.jsonObject(with: run.data(.output))
            return try #require(json as? [[String: Any]])
        }

        @Test("prints rows of the documented keys, null where no peer was measured")
        func keysOfRows() async throws {
            let run = try await Self.run(["--only", Self.small, "--output", "json"])
            #expect(run.exitCode == 0, "\(run.trouble)")
            let rows = try Self.rows(run)
            #expect(rows.count == 1)
            for row in rows {
                #expect(Set(row.keys) == Self.keys)
                #expect((row["rate"] as? Double ?? 0) > 0)
                #expect(row["ratio"] is NSNull)
            }
        }

        @Test("puts a large state's bytes a second beside memory's, in text and JSON")
        func memoryOfLargeStates() async throws {
            let only = ["--only", "W6 quantum volume, single, 20"]
            let row = try #require(
                try Self.rows(await Self.run(only + ["--output", "json"])).first)
            #expect(
                Set(row.keys)
                    == Self.keys.union(["stateBytesPerSecond", "triadBytesPerSecond"]))
            // Every pass reads and writes 8 bytes for each of 2^20 amplitudes.
            let bytes = try #require(row["stateBytesPerSecond"] as? Double)
            let rate = try #require(row["rate"] as? Double)
            let passes = bytes / rate / Double(16 << 20)
            #expect(passes >= 1 && abs(passes - passes.rounded()) < 1e-6)
            #expect((row["triadBytesPerSecond"] as? Double ?? 0) > 0)
            let text = try await Self.run(only).text(.output)
            #expect(text.contains("STREAM triad GB/s"))
        }

        @Test(
            "gives its circuits to peers, shows rates, says who is absent, installs once"
        )
        func peers() async throws {
            let folder = try TemporaryFolder()
            let environment = try Self.environment(in: folder, apart: "0.25")
            let arguments = ["--only", Self.small, "--peers", "--environment", environment]
            let first = try await Self.run(arguments + ["--output", "json"])
            #expect(first.exitCode == 0, "\(first.trouble)")
            let row = try #require(try Self.rows(first).first)
            #expect(row["peer"] as? String == "other")
            #expect(row["peerRate"] as? Double == 2)
            let rate = try #require(row["rate"] as? Double)
            let ratio = try #require(row["ratio"] as? Double)
            #expect(abs(ratio - rate / 2) <= 1e-12 * rate)
            let errors = first.text(.errors)
            #expect(errors.contains("installing qulacs=="))
            let absent = first.lines(.errors).filter { $0.hasPrefix("not measured: ") }
            #expect(absent.count == 2, "\(errors)")
            #expect(absent.first?.contains("could not be installed: ERROR: no wheel fits") == true)
            #expect(absent.last?.contains("aer cannot be imported: ImportError") == true)

            let work = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(filePath: folder.path("works"))))
            let circuit = try #require(work as? [String: Any])
            #expect(circuit["qubits"] as? Int == 4)
            // Two repetitions of H and P on each qubit, and CX, P, CX on each of six pairs.
            #expect((circuit["operations"] as? [Any])?.count == 2 * (8 + 18))

            let second = try await Self.run(arguments)
            #expect(second.exitCode == 0, "\(second.trouble)")
            let installs = second.lines(.errors).filter { $0.hasPrefix("installing ") }
            #expect(installs.count == 1 && installs[0].contains("qulacs=="), "\(installs)")
            #expect(second.text(.output).contains("other"))
        }

        @Test("fails when a peer's numbers differ by more than its tolerance")
        func disagreement() async throws {
            let folder = try TemporaryFolder()
            let environment = try Self.environment(in: folder, apart: "0.75")
            let run = try await Self.run([
                "--only", Self.small, "--peers", "--environment", environment,
            ])
            #expect(run.exitCode == 1)
            #expect(
                run.lines(.errors).last
                    == "tandem: other on W1 ZZ map, 4 qubits: differs by 0.75, more than 0.5")
        }
    }
}
