import Contracts
import Determinism
import Foundation

/// Every stage as processes of its own, killed and started again.
final class ChaosProcesses {
    struct Place: Hashable {
        let stage: StageName
        let index: Int
        var name: String { "\(stage.rawValue)-\(index)" }
    }

    private let arguments: [String]
    private let folder: URL
    private var running: [Place: Process] = [:]
    private(set) var kills: [StageName: Int] = [:]
    /// Processes that ended by themselves, with the last line that they wrote.
    private(set) var deaths: [String] = []
    /// Killed ones, with when they start again.
    private var resting: [(place: Place, until: Date)] = []

    /// - Parameters:
    ///   - arguments: of every `tandem run STAGE`, behind the stage's name.
    ///   - folder: for what the processes write.
    init(_ places: [Place], arguments: [String], folder: URL) throws {
        self.arguments = arguments
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for place in places { try start(place) }
    }

    var places: [Place] { running.keys.sorted { $0.name < $1.name } }

    private func log(of place: Place) -> URL {
        folder.appendingPathComponent("\(place.name).log")
    }

    private func start(_ place: Place) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try ExecutablePath.own())
        process.arguments =
            ["run", place.stage.rawValue, "--instance", "chaos-\(place.index)"] + arguments
        let path = log(of: place)
        if !FileManager.default.fileExists(atPath: path.path) {
            _ = FileManager.default.createFile(atPath: path.path, contents: nil)
        }
        let output = try FileHandle(forWritingTo: path)
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        running[place] = process
    }

    /// Kills one process with SIGKILL; it starts again after `rest`.
    func kill(_ place: Place, rest: TimeInterval) {
        guard let process = running.removeValue(forKey: place) else { return }
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        kills[place.stage, default: 0] += 1
        resting.append((place, Date().addingTimeInterval(rest)))
    }

    /// Starts what has rested, and what ended by itself.
    func revive() throws {
        for (place, process) in running where !process.isRunning {
            running[place] = nil
            let line =
                (try? String(contentsOf: log(of: place), encoding: .utf8))?
                .split(separator: "\n").last.map(String.init) ?? ""
            deaths.append("\(place.name): \(line)")
            try start(place)
        }
        let now = Date()
        let due = resting.filter { $0.until <= now }
        resting.removeAll { $0.until <= now }
        for entry in due { try start(entry.place) }
    }

    /// Asks all to drain, and waits.
    func stop() {
        for process in running.values { process.terminate() }
        for process in running.values { process.waitUntilExit() }
        running.removeAll()
    }
}

/// Where this program lies.
enum ExecutablePath {
    static func own() throws -> String {
        if let path = Bundle.main.executablePath { return path }
        throw CommandFailure("cannot find this program's own file")
    }
}
