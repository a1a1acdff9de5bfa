import Determinism
import Foundation
import Policies
import Testing

@Suite("Concurrency limits beside an independent implementation of the published formulas")
struct ConcurrencyGoldenTests {
    struct Trace: Decodable {
        struct Settings: Decodable {
            let algorithm: String
            let initial, minimum, maximum: Int
            let timeout: Int64?
            let dropRatio, smoothing, gradientTolerance: Double?
            let seed: UInt64?
            let vegasAlpha, vegasBeta, vegasProbe, gradientQueue, gradientMemory: Int?
        }
        let name: String
        let settings: Settings
        let rows: [[Int64]]
    }

    static func traces() throws -> [Trace] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "fixtures/admission/concurrency.json")
        return try JSONDecoder().decode([Trace].self, from: Data(contentsOf: file))
    }

    private func policy(_ settings: Trace.Settings) throws -> ConcurrencyPolicy {
        var policy = ConcurrencyPolicy()
        policy.algorithm = try #require(
            ConcurrencyPolicy.Algorithm(rawValue: settings.algorithm))
        policy.initial = settings.initial
        policy.minimum = settings.minimum
        policy.maximum = settings.maximum
        policy.window = .zero
        policy.timeout = settings.timeout.map { .microseconds($0) } ?? policy.timeout
        policy.dropRatio = settings.dropRatio ?? policy.dropRatio
        policy.smoothing = settings.smoothing
        policy.seed = settings.seed ?? 0
        policy.vegasAlpha = settings.vegasAlpha ?? policy.vegasAlpha
        policy.vegasBeta = settings.vegasBeta ?? policy.vegasBeta
        policy.vegasProbe = settings.vegasProbe ?? policy.vegasProbe
        policy.gradientQueue = settings.gradientQueue ?? policy.gradientQueue
        policy.gradientMemory = settings.gradientMemory ?? policy.gradientMemory
        policy.gradientTolerance = settings.gradientTolerance ?? policy.gradientTolerance
        return policy
    }

    @Test("AIMD, Vegas and Gradient2 give every limit of its traces")
    func traces() throws {
        let traces = try Self.traces()
        #expect(traces.count == 8)
        for trace in traces {
            let policy = try policy(trace.settings)
            try policy.validate()
            var limit = ConcurrencyLimit(policy: policy)
            var distinct: Set<Int64> = []
            for (step, row) in trace.rows.enumerated() {
                limit.observe(
                    ConcurrencySample(
                        roundTrip: .microseconds(row[0]), inFlight: Int(row[1]),
                        isDropped: row[2] == 1, at: Timestamp(microseconds: Int64(step))))
                distinct.insert(row[3])
                guard limit.limit != Int(row[3]) else { continue }
                Issue.record("\(trace.name), sample \(step): \(limit.limit), not \(row[3])")
                break
            }
            #expect(trace.rows.count == 900 && distinct.count > 10, "\(trace.name)")
        }
    }

    @Test("A window holds the mean round trip, the most in flight, and whether a call was dropped")
    func windows() {
        var policy = ConcurrencyPolicy()
        policy.algorithm = .aimd
        policy.window = .seconds(1 as Int64)
        policy.windowSamples = 4
        policy.timeout = .milliseconds(100)
        var limit = ConcurrencyLimit(policy: policy)
        func feed(_ milliseconds: [Int64], from start: Int64, every step: Int64) {
            for (index, value) in milliseconds.enumerated() {
                limit.observe(
                    ConcurrencySample(
                        roundTrip: .milliseconds(value), inFlight: index == 0 ? 20 : 1,
                        at: Timestamp(milliseconds: start + Int64(index) * step)))
            }
        }
        // One late call of five: their mean is in time, and one of them saw a full limit.
        feed([10, 10, 400, 10, 10], from: 0, every: 250)
        #expect(limit.limit == 21)
        // Two more are too few for a window, however long they take to come.
        feed([10, 10], from: 2_000, every: 5_000)
        #expect(limit.limit == 21)
        // With two late ones it is whole, and late.
        feed([300, 300], from: 8_000, every: 100)
        #expect(limit.limit == 18)
        // A refusal counts, however quick, and does not make the others look so.
        limit.observe(
            ConcurrencySample(
                roundTrip: .zero, inFlight: 18, isDropped: true,
                at: Timestamp(milliseconds: 9_000)))
        feed([10, 10, 10], from: 9_500, every: 1_000)
        #expect(limit.limit == 16)
    }

    @Test("A limit stays within its bounds whatever it is told, and a fixed one where it is")
    func bounds() {
        for algorithm in ConcurrencyPolicy.Algorithm.allCases {
            var policy = ConcurrencyPolicy()
            policy.algorithm = algorithm
            (policy.minimum, policy.initial, policy.maximum) = (3, 10, 17)
            policy.window = .zero
            var limit = ConcurrencyLimit(policy: policy)
            var random = RandomStream(seed: 1)
            for step in 0..<5_000 {
                let roundTrip = Int64.random(in: -10...5_000_000, using: &random)
                limit.observe(
                    ConcurrencySample(
                        roundTrip: .microseconds(roundTrip),
                        service: Bool.random(using: &random) ? .microseconds(roundTrip / 3) : nil,
                        inFlight: Int.random(in: 0...30, using: &random),
                        isDropped: Int.random(in: 0..<5, using: &random) == 0,
                        at: Timestamp(milliseconds: Int64(step))))
                #expect((3...17).contains(limit.limit))
            }
            if algorithm == .fixed { #expect(limit.limit == 10) }
            policy.maximum = 5
            policy.initial = 5
            limit.adopt(policy)
            #expect(limit.limit <= 5)
        }
    }

    @Test("refuses settings that cannot work")
    func validation() {
        #expect(throws: Never.self) { try ConcurrencyPolicy().validate() }
        var policy = ConcurrencyPolicy()
        policy.initial = 5_000
        #expect(throws: PolicyError.self) { try policy.validate() }
        policy = ConcurrencyPolicy()
        policy.dropRatio = 1
        #expect(throws: PolicyError.self) { try policy.validate() }
        policy = ConcurrencyPolicy()
        policy.vegasBeta = 1
        #expect(throws: PolicyError.self) { try policy.validate() }
    }
}
