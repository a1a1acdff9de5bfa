import Determinism
import Contracts
import Models
import Policies
import QuantumCircuit
import QuantumSimulator
import Stages
import TestSupport
import Testing

/// Jobs for a device that is somebody else's process: the circuit in words, and what to estimate.
@Suite("A job's program")
struct JobProgramTests {
    private func job(writesPrograms: Bool) throws -> (JobMessage, [UInt8]) {
        var policy = AdmissionPolicy()
        policy.mode = .live
        var bench = Bench(
            Admission(
                AdmissionSettings(
                    policy: policy, latencyBudget: .milliseconds(250), device: "theirs",
                    writesPrograms: writesPrograms)))
        let turn = bench.process(Input(.reduced, Sample.reduced("r")))
        let message = try #require(try turn.decoded(.jobs, JobMessage.self).first)
        return (message, turn.on(.jobs)[0].value ?? [])
    }

    @Test("is there when the device is somebody else's, in the topic's schema, and else is not")
    func presence() throws {
        let schema = try TopicFiles().schema("jobs")
        for writesPrograms in [true, false] {
            let (message, bytes) = try job(writesPrograms: writesPrograms)
            #expect((message.qasm != nil) == writesPrograms)
            #expect(message.observables.isEmpty != writesPrograms)
            #expect(SchemaValidator.problems(of: try jsonObject(bytes), schema: schema).isEmpty)
        }
    }

    @Test("says what the model's head measures: same expectations from its words as from the plan")
    func meaning() throws {
        let (message, _) = try job(writesPrograms: true)
        let model = Training.model
        #expect(message.weights == model.bundle.head.weights)
        #expect(message.observables.map(\.string) == ["Z0", "Z1", "Z0Z1"])

        let circuit = try Circuit(openQASM: try #require(message.qasm).string)
        #expect(circuit.qubits == 2 && circuit.bits == 2 && circuit.isBound)
        let state = try DenseState.run(circuit)
        let found = CircuitTemplates.strings(qubits: 2).map { string in
            state.probabilities.enumerated().reduce(0.0) {
                $0 + $1.element * Double(string.value(on: UInt32($1.offset)))
            }
        }
        let template = try CircuitTemplates.circuit(for: model.bundle.circuit)
        var simulator = BatchSimulator(try SimulationPlan.compile(template))
        var wanted: [Double] = []
        try simulator.zExpectations(
            CircuitTemplates.strings(qubits: 2),
            parameters: model.bundle.angleEncoding().encode([0.4, -0.9]), count: 1, into: &wanted)
        for (left, right) in zip(found, wanted) { #expect(abs(left - right) < 1e-12) }
    }
}
