import Contracts
import Determinism
import Foundation
import Models
import Policies
import QuantumBackends
import QuantumCircuit
import QuantumSimulator
import Stages
import TestSupport
import Testing

/// ansatz.json of fixtures/quantum, written by make_ansatz.py with Qiskit.
private struct GoldenAnsatz: Decodable {
    struct Record: Decodable {
        let inputs: [Double]
        let expectations: [Double]
        let gradient: [Double]
    }

    struct Case: Decodable {
        let family: AnsatzSpecification.Family
        let qubits: Int
        let mapRepetitions: Int
        let mapEntanglement: Models.Entanglement
        let repetitions: Int
        let entanglement: AnsatzEntanglement
        let weights: [Double]
        let head: [Double]
        let records: [Record]

        func specification() throws -> CircuitSpecification {
            try CircuitSpecification(
                qubits: qubits, repetitions: mapRepetitions, entanglement: mapEntanglement,
                bandwidth: 1,
                ansatz: AnsatzSpecification(
                    name: family, repetitions: repetitions, entanglement: entanglement,
                    weights: weights))
        }
    }

    let cases: [Case]

    static func load() throws -> GoldenAnsatz {
        let url = Repository.root.appending(path: "fixtures/quantum/ansatz.json")
        return try JSONDecoder().decode(GoldenAnsatz.self, from: Data(contentsOf: url))
    }
}

@Suite("A model with an ansatz")
struct AnsatzStagesTests {
    @Test("has Qiskit's expectations and, by its weights, Qiskit's derivatives")
    func golden() throws {
        let cases = try GoldenAnsatz.load().cases
        #expect(cases.count == 15)
        for item in cases {
            let specification = try item.specification()
            let angles = item.records.flatMap(\.inputs)
            let evaluation = CircuitEvaluation(workers: 2)
            let name = "\(item.family) \(item.entanglement)"
            let found = try evaluation.expectations(angles, item.records.count, specification)
            let wanted = item.records.flatMap(\.expectations)
            #expect(largestDifference(found, wanted) < 1e-10, "\(name)")
            let (values, gradients) = try evaluation.gradients(
                angles, item.records.count, specification, item.head)
            let sums = item.records.map { record in
                zip(record.expectations, item.head).reduce(0) { $0 + $1.0 * $1.1 }
            }
            #expect(largestDifference(values, sums) < 1e-10, "\(name)")
            #expect(
                largestDifference(gradients, item.records.flatMap(\.gradient)) < 1e-10, "\(name)")
        }
    }

    @Test("is one circuit whether its weights are bound or follow the angles")
    func binding() throws {
        let circuit = try CircuitTemplates.circuit(for: AnsatzModel.bundle.circuit)
        #expect(circuit.parameters == 3)
        let angles = AnsatzModel.bundle.angleEncoding().encode(AnsatzModel.components[0])
        let state = try DenseState.run(circuit, angles)
        let found = CircuitTemplates.strings(qubits: 3).map { state.expectation(PauliString($0)) }
        #expect(try largestDifference(found, AnsatzModel.expectations(0)) < 1e-12)
        var wrong = AnsatzModel.bundle.circuit
        wrong.ansatz?.weights.removeLast()
        #expect(throws: CircuitError.parameterValues(count: 8, expected: 9)) {
            try CircuitTemplates.circuit(for: wrong)
        }
    }

    @Test("is told to a device of somebody else's with its weights in the circuit's words")
    func program() throws {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var bench = Bench(
            Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: .milliseconds(250), device: "theirs",
                    writesPrograms: true)))
        bench.control = AnsatzModel.control
        var record = Sample.reduced("r")
        record.model = AnsatzModel.model.identity.slice
        record.components = AnsatzModel.components[1]
        let turn = bench.process(Input(.reduced, record))
        let message = try #require(try turn.decoded(.jobs, JobMessage.self).first)
        #expect(message.circuit.string == "zz-feature-map@1.0.0+real-amplitudes.1.0.0")
        let schema = try TopicFiles().schema("jobs")
        let value = try jsonObject(turn.on(.jobs)[0].value ?? [])
        #expect(SchemaValidator.problems(of: value, schema: schema).isEmpty)
        let circuit = try Circuit(openQASM: try #require(message.qasm).string)
        #expect(circuit.isBound && circuit.bits == 3)
        let state = try DenseState.run(circuit)
        let found = CircuitTemplates.strings(qubits: 3).map { state.expectation(PauliString($0)) }
        #expect(try largestDifference(found, AnsatzModel.expectations(1)) < 1e-10)
    }

    /// Measurements of every record on a device.
    private func measure(
        _ backend: any QuantumBackend, shots: Int
    ) throws -> [MeasurementMessage] {
        var bench = Bench(
            Enrichment(
                EnrichmentSettings(batchSize: 8, heartbeat: .milliseconds(100)), backend: backend))
        bench.control = AnsatzModel.control
        let jobs = AnsatzModel.components.indices.map { index in
            Input(.jobs, AnsatzModel.job(index, shots: shots), offset: Int64(index))
        }
        _ = bench.process(jobs)
        var found: [MeasurementMessage] = []
        for _ in 0..<50 where found.count < jobs.count {
            found += try bench.tick(after: 100).decoded(.measurements, MeasurementMessage.self)
        }
        return found
    }

    @Test("runs on the simulated device: its expectations within five standard errors")
    func simulatedDevice() throws {
        let shots = 50_000
        let device = try SimulatedQPU(SimulatedQPUConfiguration(), start: Clock.start)
        let found = try measure(device, shots: shots)
        try #require(found.count == 3)
        for (record, message) in found.enumerated() {
            #expect(message.status == .ok)
            let exact = try AnsatzModel.expectations(record)
            for (value, wanted) in zip(message.expectations, exact) {
                let error = (max(1 - wanted * wanted, 1e-6) / Double(shots)).squareRoot()
                #expect(abs(value - wanted) < 5 * error)
            }
        }
    }

    @Test("runs on the noisy device: noise draws its expectations towards zero, and no further")
    func noisyDevice() throws {
        let device = try DeviceTarget.named("line-5")
        let backend = try NoisyBackend(NoisyBackendConfiguration(device: device))
        let found = try measure(backend, shots: 50_000)
        try #require(found.count == 3)
        for (record, message) in found.enumerated() {
            #expect(message.status == .ok)
            let exact = try AnsatzModel.expectations(record)
            #expect(message.expectations.count == exact.count)
            let distance = largestDifference(message.expectations, exact)
            #expect(distance > 0.005 && distance < 0.35, "record \(record): \(distance)")
            let overlap = zip(message.expectations, exact).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(overlap > 0.5 * exact.reduce(0) { $0 + $1 * $1 })
        }
    }
}
