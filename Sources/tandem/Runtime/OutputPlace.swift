import Foundation

/// Whether a file can be written where the user wants it.
enum OutputPlace {
    /// Creates and changes nothing; what happens between the check and the writing, the writing
    /// reports.
    ///
    /// - Throws: what stands in the way and what to do.
    static func check(_ path: String) throws {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        if unsafe files.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw CommandFailure(
                "cannot write '\(path)': it is a folder; name a file in it with --out")
        }
        // The file is written beside its place and then moved there: the folder counts.
        let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        guard unsafe files.fileExists(atPath: folder, isDirectory: &isFolder) else {
            throw CommandFailure(
                "cannot write '\(path)': there is no folder '\(folder)'; create it, or name another "
                    + "with --out")
        }
        guard isFolder.boolValue else {
            throw CommandFailure(
                "cannot write '\(path)': '\(folder)' is no folder; name another with --out")
        }
        guard files.isWritableFile(atPath: folder) else {
            throw CommandFailure(
                "cannot write '\(path)': this user may not write in '\(folder)'; name another "
                    + "folder with --out")
        }
    }
}
