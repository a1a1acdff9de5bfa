import Contracts
import Determinism
import Foundation
import QuantumCircuit
import QuantumSimulator
import Stages

/// Somebody else's quantum stack in the enrichment stage's place: it knows of Tandem what the
/// schemas of `jobs`, `measurements`, `ledger` and `qpu-status` say, and no more.
struct TopicWorker: Stage {
    private struct Job: Decodable {
        let id: String
        let job: String
        let classicalScore: Double
        let receivedAtMs: Int64
        let deadlineMs: Int64
        let shots: Int
        let seed: String
        let circuit: String
        let circuitHash: String
        let model: String
        let device: String
        let qasm: String
        let observables: [String]
        let weights: [Double]
    }

    private struct Measurement: Encodable {
        struct Head: Encodable {
            let value: Double
            let standardError: Double
        }

        let id: String
        let job: String
        let status: String
        let expectations: [Double]?
        let head: Head?
        let error: String?
        let classicalScore: Double
        let receivedAtMs: Int64
        let deadlineMs: Int64
        let shots: Int
        let seed: String
        let device: String
        let calibration: String
        let circuit: String
        let circuitHash: String
        let model: String
        let submittedAtMs: Int64
        let startedAtMs: Int64
        let completedAtMs: Int64
        let cost: Double
    }

    private struct LedgerEntry: Encodable {
        let job: String
        let id: String
        let state: String
        let cost: Double
        let device: String
        let atMs: Int64
    }

    private struct Status: Encodable {
        let device: String
        let atMs: Int64
        let state = "online"
        let queueDepth = 0
        let waitMs = 0.0
        let serviceTimeMs = 0.1
        let calibration = "worker/1"
        let submitted: Int
        let completed: Int
        let failed: Int
    }

    struct WrongProgram: Error { let reason: String }

    let name = StageName.enrichment
    let device: String
    private(set) var counters = StageCounters()
    private(set) var nextDue: Timestamp?
    private var failed = 0

    init(device: String) { self.device = device }

    mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        for index in 0..<batch.count {
            counters.received += 1
            let bytes = batch.value(index)?.bytes ?? []
            do {
                let job = try JSONDecoder().decode(Job.self, from: Data(bytes))
                try answer(job, batch.messages[index].headers, context.now, into: &out)
            } catch {
                preconditionFailure("a job outside its schema: \(error)")
            }
        }
    }

    mutating func tick(_ context: StageContext, into out: inout OutboundBatch) {
        if let nextDue, context.now < nextDue { return }
        nextDue = context.now + .milliseconds(20)
        let status = Status(
            device: device, atMs: context.now.milliseconds, submitted: counters.received,
            completed: counters.received - failed, failed: failed)
        // A dictionary of plain values always encodes.
        if let value = try? JSONEncoder().encode(status) {
            emit(to: .qpuStatus, key: device, value, [], into: &out)
        }
    }

    private mutating func answer(
        _ job: Job, _ headers: [MessageHeader], _ now: Timestamp, into out: inout OutboundBatch
    ) throws {
        let estimates: ZEstimates?
        var problem: String?
        do {
            estimates = try Self.run(job)
        } catch {
            (estimates, problem) = (nil, "\(error)")
            failed += 1
        }
        let instant = now.milliseconds
        let measurement = Measurement(
            id: job.id, job: job.job, status: estimates == nil ? "failed" : "ok",
            expectations: estimates?.expectations,
            head: estimates.map {
                Measurement.Head(value: $0.means[0], standardError: $0.standardErrors[0])
            },
            error: problem, classicalScore: job.classicalScore, receivedAtMs: job.receivedAtMs,
            deadlineMs: job.deadlineMs, shots: job.shots, seed: job.seed, device: job.device,
            calibration: "worker/1", circuit: job.circuit, circuitHash: job.circuitHash,
            model: job.model, submittedAtMs: instant, startedAtMs: instant,
            completedAtMs: instant, cost: 0)
        emit(
            to: .measurements, key: job.id, try JSONEncoder().encode(measurement), headers,
            into: &out)
        let entry = LedgerEntry(
            job: job.job, id: job.id, state: estimates == nil ? "released" : "settled", cost: 0,
            device: job.device, atMs: instant)
        emit(to: .ledger, key: job.job, try JSONEncoder().encode(entry), [], into: &out)
    }

    private mutating func emit(
        to topic: Topic, key: String, _ value: Data, _ headers: [MessageHeader],
        into out: inout OutboundBatch
    ) {
        let keyBytes = OwnedBytes(key)
        let valueBytes = OwnedBytes(String(decoding: value, as: UTF8.self))
        withExtendedLifetime((keyBytes, valueBytes)) {
            out.emit(
                to: topic, key: keyBytes.slice, value: valueBytes.slice, headers: headers,
                timestamp: nil)
        }
        counters.emitted += 1
    }

    /// The program in the job's own words, on the ideal simulator.
    private static func run(_ job: Job) throws -> ZEstimates {
        let circuit = try Circuit(openQASM: job.qasm)
        let measured = circuit.operations.compactMap { operation -> [Int]? in
            if case .measure(let bit) = operation.gate { [bit, operation.qubits[0]] } else { nil }
        }
        guard measured.sorted(by: { $0[0] < $1[0] }) == (0..<circuit.qubits).map({ [$0, $0] })
        else { throw WrongProgram(reason: "bit b must hold qubit b") }
        guard let seed = UInt64(job.seed, radix: 16) else {
            throw WrongProgram(reason: "seed \(job.seed)")
        }
        let strings = job.observables.map { name in
            ZString(
                mask: name.split(separator: "Z").reduce(0) { mask, qubit in
                    mask | 1 << (UInt32(qubit) ?? 0)
                })
        }
        let readout = try ZReadout(
            qubits: circuit.qubits, strings: strings, weights: job.weights)
        var simulator = BatchSimulator(try SimulationPlan.compile(circuit))
        var estimates = ZEstimates()
        try simulator.estimate(
            readout, parameters: [], count: 1, shots: job.shots, seeds: [seed], into: &estimates)
        return estimates
    }
}
