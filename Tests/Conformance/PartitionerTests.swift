import KafkaTransport
import TestSupport
import Testing

@Suite("The partition of a key")
struct PartitionerTests {
    @Test(
        "is by the hash of Kafka's Java client",
        arguments: [
            // From Kafka's own UtilsTest.testMurmur2.
            ("21", -973_932_308), ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] as [(String, Int32)])
    func hash(key: String, murmur2: Int32) {
        let positive = murmur2 & .max
        for partitions in [1, 8, 12, 1_000_003, Int(Int32.max)] {
            #expect(
                KafkaPartitioner.partition(of: kept(key), among: partitions)
                    == positive % Int32(partitions))
        }
    }
}
