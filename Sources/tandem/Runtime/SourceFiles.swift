import Foundation

/// Files that are shipped with the sources.
enum SourceFiles {
    /// Found from the working directory, from the executable, or in `TANDEM_HOME`.
    ///
    /// - Parameter path: relative to the source folder.
    /// - Throws: `CommandFailure` when no such file can be read.
    static func find(_ path: String) throws -> String {
        guard let found = candidates(path).first(where: FileManager.default.isReadableFile) else {
            throw CommandFailure(
                "cannot find \(path): run from the source folder or set TANDEM_HOME to it")
        }
        return found
    }

    private static func candidates(_ path: String) -> [String] {
        let executable = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var roots = [URL(filePath: FileManager.default.currentDirectoryPath)]
        if let home = ProcessInfo.processInfo.environment["TANDEM_HOME"] {
            roots.insert(URL(filePath: home), at: 0)
        }
        var parent = executable.deletingLastPathComponent()
        for _ in 0..<5 {
            roots.append(parent)
            parent = parent.deletingLastPathComponent()
        }
        return roots.map { $0.appending(path: path).path(percentEncoded: false) }
    }
}
