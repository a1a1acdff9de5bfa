private import Foundation

extension CSVTable {
    /// The largest file that is read: 256 MiB, some half a million rows of 30 features.
    public static let maximumBytes = 256 << 20

    /// Reads and parses a file: the one place of this module that touches the file system, for the
    /// command that trains.
    ///
    /// - Throws: `CSVError`; `unreadable` with the system's reason.
    public static func read(
        path: String, labelColumn: String?, excluding: [String] = []
    ) throws(CSVError) -> CSVTable {
        let bytes: [UInt8]
        do {
            bytes = try [UInt8](Data(contentsOf: URL(filePath: path), options: .mappedIfSafe))
        } catch {
            throw CSVError(
                source: path, line: nil, column: nil, problem: .unreadable(reason: reason(error)))
        }
        guard bytes.count <= maximumBytes else {
            throw CSVError(
                source: path, line: nil, column: nil,
                problem: .tooLarge(bytes: bytes.count, limit: maximumBytes))
        }
        return try CSVTable(
            parsing: bytes, source: path, labelColumn: labelColumn, excluding: excluding)
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "no such file"
        case .fileReadNoPermission: "permission denied"
        default: "not a readable file"
        }
    }
}
