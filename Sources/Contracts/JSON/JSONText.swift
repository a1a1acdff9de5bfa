/// Small helpers for reports and control messages that are not on a hot path.
extension ByteWriter {
    /// Everything written so far, copied out.
    public var contents: [UInt8] { slice(0..<count).bytes }

    /// Builds one JSON object and returns its bytes.
    public static func object(_ build: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: 1_024)
        writer.beginObject()
        build(&writer)
        writer.endObject()
        return writer.contents
    }
}
