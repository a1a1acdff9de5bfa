import Foundation

/// The Python environment of the other simulators: made on first use, kept in the user's cache.
struct PeerEnvironment {
    /// A peer's library that is not there, and why.
    struct Missing {
        let requirement: String
        let reason: String
    }

    let python: String
    let missing: [Missing]

    /// `tandem/peers` in the cache folder of the user (`XDG_CACHE_HOME`, or `.cache` at home).
    static var defaultFolder: String {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (cache ?? NSHomeDirectory() + "/.cache") + "/tandem/peers"
    }

    /// Makes what is not there yet, with a line on standard error for each step: the environment,
    /// then one library after the other, so that one that does not install takes no other along.
    ///
    /// - Parameter requirements: a file of pip's requirements, one a line.
    /// - Throws: `CommandFailure` when there is no environment or no NumPy in it.
    static func prepare(_ folder: String, requirements: String) throws -> PeerEnvironment {
        let python = folder + "/bin/python"
        if !Subprocess.succeeds(python, ["-m", "pip", "--version"]) {
            Console.note("making a Python environment for other simulators in \(folder)")
            if let trouble = try Subprocess.trouble(
                "/usr/bin/env", ["python3", "-m", "venv", folder])
            {
                throw CommandFailure("cannot make a Python environment in \(folder): \(trouble)")
            }
        }
        let record = folder + "/tandem-installed.txt"
        var installed = lines(of: record)
        let wanted = lines(of: requirements)
        var missing: [Missing] = []
        for (index, requirement) in wanted.enumerated() where !installed.contains(requirement) {
            Console.note("installing \(requirement) (\(index + 1) of \(wanted.count))")
            // What is there already is named again, so that it keeps its version.
            let arguments =
                ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
                + wanted.filter(installed.contains) + [requirement]
            if let trouble = try Subprocess.trouble(python, arguments) {
                missing.append(Missing(requirement: requirement, reason: trouble))
                Console.note("\(requirement) could not be installed: \(trouble)")
                continue
            }
            installed.append(requirement)
            let text = installed.joined(separator: "\n") + "\n"
            try Data(text.utf8).write(to: URL(filePath: record), options: .atomic)
        }
        if let numpy = missing.first(where: { $0.requirement.hasPrefix("numpy") }) {
            throw CommandFailure("no peer runs without NumPy: \(numpy.reason)")
        }
        return PeerEnvironment(python: python, missing: missing)
    }

    private static func lines(of path: String) -> [String] {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// Other commands that only need to succeed.
private enum Subprocess {
    static func succeeds(_ command: String, _ arguments: [String]) -> Bool {
        FileManager.default.isExecutableFile(atPath: command)
            && (try? trouble(command, arguments)) == .some(.none)
    }

    /// nil when the command succeeds, else the last line that says what went wrong.
    static func trouble(_ command: String, _ arguments: [String]) throws -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: command)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        do {
            try process.run()
        } catch {
            return "cannot run '\(command)': \(error.localizedDescription)"
        }
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus != 0 else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        let last = lines.last { $0.hasPrefix("ERROR") } ?? lines.last
        return last.map(String.init) ?? "it ended with status \(process.terminationStatus)"
    }
}
