import Contracts
import Determinism
import SimulatedTransport
import Stages
import Testing

/// The simulated cluster by itself.
@Suite struct ClusterTests {
    /// `UtilsTest.testMurmur2` of Kafka's Java client, as partitions of 2,147,483,647.
    @Test(
        "keys go to the partitions of Kafka's Java client",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] as [(String, Int32)])
    func partitioner(key: String, hash: Int32) {
        for count in [1, 2, 7, 8, 61] {
            let cluster = SimulatedCluster(time: ManualTimeSource(), partitions: count)
            let bytes = OwnedBytes(key)
            withExtendedLifetime(bytes) {
                cluster.append(to: .records, key: bytes.slice, value: bytes.slice)
            }
            let wanted = Int32(hash & 0x7fff_ffff) % Int32(count)
            #expect(cluster.records(of: .records).map(\.partition) == [wanted])
        }
    }

    @Test("messages without a key go round")
    func roundRobin() {
        let cluster = SimulatedCluster(time: ManualTimeSource(), partitions: 3)
        for _ in 0..<6 { cluster.append(to: .records, key: nil, value: nil) }
        #expect(cluster.records(of: .records).map(\.partition) == [0, 0, 1, 1, 2, 2])
        #expect(cluster.partitionCount(of: .control) == 1)
    }

    @Test("a fault plan draws the same for the same seed and differently for another")
    func draws() throws {
        func times(_ seed: UInt64) throws -> [Timestamp] {
            var scenario = Scenario()
            scenario.seed = seed
            scenario.records = 10
            scenario.addDelays()
            let pipeline = try scenario.pipeline()
            _ = try pipeline.runUntilIdle(within: .seconds(5 as Int64))
            return pipeline.cluster.records(of: .features).map(\.appendedAt)
        }
        #expect(try times(5) == times(5))
        #expect(try times(5) != times(6))
    }
}
