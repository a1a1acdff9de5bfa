internal import CRdkafka

/// Settings of the C library's allocator for a process that moves batches all day.
public enum Allocator {
    /// Message sets of up to a megabyte come and go some thousand times a second. By default the
    /// allocator maps and unmaps each anew, and the kernel clears its pages each time: 7 of 100
    /// samples of a run. Kept in the heap they are used again. For the whole process.
    public static func keepLargeBlocks() { tandem_keep_large_blocks() }
}
