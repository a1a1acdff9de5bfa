import Contracts
import Determinism
import SimulatedTransport

/// What is published, and what every checker may know of it: a pure function of the seed.
///
/// Each eleventh record is invalid. With `duplicate`, each seventh valid id is published again
/// later, with another classical score: the first copy counts.
public struct ChaosWorkload: Sendable {
    let seed: UInt64
    let records: Int
    let hasDuplicates: Bool

    /// Digits of an id behind its first letter.
    private static let digits = 9

    func isInvalid(_ sequence: Int) -> Bool { sequence % 11 == 10 }

    /// How many bursts later the copy of a record comes; nil for a record without.
    func copyDelay(_ sequence: Int) -> Int? {
        guard hasDuplicates, sequence % 7 == 3, !isInvalid(sequence) else { return nil }
        return Int(StableHash.combine(seed, UInt64(sequence)) % 60)
    }

    /// The user's own score, in whole 1,024ths; nil where the model's baseline scores.
    func classicalScore(_ sequence: Int, isCopy: Bool) -> Double? {
        guard sequence % 7 == 3 || sequence.isMultiple(of: 2) else { return nil }
        let hash = StableHash.combine(seed &+ (isCopy ? 1 : 0), UInt64(sequence) &* 2 + 1)
        return Double(hash % 1_025) / 1_024
    }

    /// `r` and nine digits.
    func writeID(_ sequence: Int, into out: inout ByteWriter) {
        out.append(UInt8(ascii: "r"))
        var divisor = 100_000_000
        for _ in 0..<Self.digits {
            out.append(UInt8(ascii: "0") + UInt8(sequence / divisor % 10))
            divisor /= 10
        }
    }

    /// The place of an id; nil for one that was never published.
    func sequence(of id: ByteSlice?) -> Int? {
        guard let id, id.count == Self.digits + 1, id[0] == UInt8(ascii: "r") else { return nil }
        var sequence = 0
        for index in 1...Self.digits {
            let digit = Int(id[index]) - 48
            guard (0...9).contains(digit) else { return nil }
            sequence = sequence * 10 + digit
        }
        return sequence < records ? sequence : nil
    }

    func name(_ sequence: Int) -> String {
        let text = String(sequence)
        return "r" + String(repeating: "0", count: max(0, Self.digits - text.count)) + text
    }
}

/// Publishes the workload, burst by burst.
final class ChaosPublisher {
    private let workload: ChaosWorkload
    private let model: ChaosModel
    private let configuration: ChaosConfiguration
    private var copies: [Int: [Int]] = [:]
    private var bursts = 0
    private(set) var published = 0
    /// Messages put on `records`: copies too.
    private(set) var messages = 0
    private var bytes = ByteWriter(capacity: 1_024)

    init(_ configuration: ChaosConfiguration, _ workload: ChaosWorkload, _ model: ChaosModel) {
        self.configuration = configuration
        self.workload = workload
        self.model = model
    }

    var isDone: Bool { published == workload.records && copies.isEmpty }

    func publishBurst(to cluster: SimulatedCluster) {
        for _ in 0..<min(configuration.burst, workload.records - published) {
            publish(published, isCopy: false, to: cluster)
            if let delay = workload.copyDelay(published) {
                copies[bursts + delay, default: []].append(published)
            }
            published += 1
        }
        for sequence in copies.removeValue(forKey: bursts) ?? [] {
            publish(sequence, isCopy: true, to: cluster)
        }
        bursts += 1
    }

    private func publish(_ sequence: Int, isCopy: Bool, to cluster: SimulatedCluster) {
        bytes.removeAll()
        workload.writeID(sequence, into: &bytes)
        let keyEnd = bytes.count
        var value = ByteWriter(capacity: 512)
        if workload.isInvalid(sequence) {
            value.append("{\"id\":\"")
            value.append(bytes.slice(0..<keyEnd))
            value.append("\",\"features\":[1,2]}")
        } else {
            model.write(
                id: bytes.slice(0..<keyEnd), row: sequence + (isCopy ? 1 : 0),
                classicalScore: workload.classicalScore(sequence, isCopy: isCopy), into: &value)
        }
        cluster.append(
            to: .records, key: bytes.slice(0..<keyEnd), value: value.slice(0..<value.count))
        messages += 1
    }
}
