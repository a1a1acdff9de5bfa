internal import Contracts
internal import Glibc

/// A crash journal in a small mapped file: noting costs a few stores, and the kernel keeps them when
/// the process dies.
///
/// The file belongs to one instance of one stage. It must be on a disk of this machine that a
/// restarted process finds again; what is lost with it is only the memory of a crash. Not for power
/// failures: nothing is synchronised.
@safe
public final class FileJournal: CrashJournal {
    public private(set) var leftover: InHand?
    public private(set) var convictions: [Conviction] = []
    private let base: UnsafeMutablePointer<Int64>

    /// Ranges noted at most: a batch of more partitions is noted in part, and its first ranges are
    /// suspected in the others' stead.
    private static let maximumRanges = 64
    /// A mark of the layout, then deaths and the number of ranges (zero when nothing is in hand), then
    /// topic, partition, first and last offset of each.
    private static let maximumConvictions = 64
    /// Where convictions begin: their number, then topic, partition, offset, hash and deaths of each.
    private static let convictionsStart = 3 + 4 * maximumRanges
    private static let words = convictionsStart + 1 + 5 * maximumConvictions
    private static let mark: Int64 = 0x7461_6e64_656d_0002

    /// - Throws: a line that names the file and what is wrong with it.
    public init(path: String) throws(TransportFailure) {
        let size = Self.words * MemoryLayout<Int64>.size
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure(path) }
        defer { close(file) }
        guard ftruncate(file, off_t(size)) == 0,
            let map = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            unsafe map != MAP_FAILED
        else { throw Self.failure(path) }
        unsafe base = map.bindMemory(to: Int64.self, capacity: Self.words)
        leftover = read()
        convictions = readConvictions()
        writeConvictions()
        unsafe base[0] = Self.mark
        unsafe base[2] = 0
    }

    deinit { unsafe munmap(base, Self.words * MemoryLayout<Int64>.size) }

    private static func failure(_ path: String) -> TransportFailure {
        let words = unsafe String(cString: strerror(errno))
        return TransportFailure(.fatal, "cannot keep a crash journal in '\(path)': \(words)")
    }

    private func read() -> InHand? {
        guard unsafe base[0] == Self.mark, case let count = unsafe base[2], count > 0,
            count <= Self.maximumRanges
        else { return nil }
        var ranges: [MessageRange] = []
        for index in 0..<Int(count) {
            let entry = unsafe base + 3 + 4 * index
            let topic = unsafe Int(entry[0])
            guard Topic.allCases.indices.contains(topic), unsafe entry[2] <= entry[3] else {
                return nil
            }
            ranges.append(
                MessageRange(
                    partition: unsafe TopicPartition(
                        topic: Topic.allCases[topic],
                        partition: Int32(truncatingIfNeeded: entry[1])),
                    first: unsafe entry[2], last: unsafe entry[3]))
        }
        return unsafe InHand(ranges: ranges, deaths: Int(base[1]))
    }

    private func readConvictions() -> [Conviction] {
        guard unsafe base[0] == Self.mark, case let count = unsafe base[Self.convictionsStart],
            (0...Int64(Self.maximumConvictions)).contains(count)
        else { return [] }
        return (0..<Int(count)).compactMap { index in
            let entry = unsafe base + Self.convictionsStart + 1 + 5 * index
            let topic = unsafe Int(entry[0])
            guard Topic.allCases.indices.contains(topic) else { return nil }
            return unsafe Conviction(
                partition: TopicPartition(
                    topic: Topic.allCases[topic], partition: Int32(truncatingIfNeeded: entry[1])),
                offset: entry[2], hash: UInt64(bitPattern: entry[3]), deaths: Int(entry[4]))
        }
    }

    private func writeConvictions() {
        for (index, conviction) in convictions.enumerated() {
            let entry = unsafe base + Self.convictionsStart + 1 + 5 * index
            unsafe entry[0] = Int64(conviction.partition.topic.ordinal)
            unsafe entry[1] = Int64(conviction.partition.partition)
            unsafe entry[2] = conviction.offset
            unsafe entry[3] = Int64(bitPattern: conviction.hash)
            unsafe entry[4] = Int64(conviction.deaths)
        }
        unsafe base[Self.convictionsStart] = Int64(convictions.count)
    }

    public func convict(_ conviction: Conviction) {
        convictions.append(conviction)
        if convictions.count > Self.maximumConvictions { convictions.removeFirst() }
        writeConvictions()
    }

    public func begin(_ inHand: InHand) {
        let ranges = inHand.ranges.prefix(Self.maximumRanges)
        for (index, range) in ranges.enumerated() {
            let entry = unsafe base + 3 + 4 * index
            unsafe entry[0] = Int64(range.partition.topic.ordinal)
            unsafe entry[1] = Int64(range.partition.partition)
            unsafe entry[2] = range.first
            unsafe entry[3] = range.last
        }
        unsafe base[1] = Int64(inHand.deaths)
        // Last: a count makes the rest valid.
        unsafe base[2] = Int64(ranges.count)
    }

    public func end() { unsafe base[2] = 0 }
}
