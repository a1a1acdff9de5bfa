import QuantumCircuit
import QuantumSimulator
import Testing

@Suite("Noise channels and models")
struct ChannelTests {
    @Test("refuse operators that are not a channel")
    func operators() throws {
        let half = Complex(0.5) * ComplexMatrix.identity(2)
        #expect(throws: NoiseError.noOperators) { try KrausChannel(operators: []) }
        #expect(throws: NoiseError.notTracePreserving(deviation: 0.75, limit: 1e-9)) {
            try KrausChannel(operators: [half])
        }
        #expect(throws: NoiseError.operatorSize(index: 1, dimension: 4, expected: 2)) {
            try KrausChannel(operators: [half, .identity(4)])
        }
        #expect(throws: NoiseError.operatorSize(index: 0, dimension: 8, expected: 4)) {
            try KrausChannel(operators: [.identity(8)])
        }
        var infinite = ComplexMatrix.identity(2)
        infinite[0, 0] = Complex(.infinity)
        #expect(throws: NoiseError.notTracePreserving(deviation: .infinity, limit: 1e-9)) {
            try KrausChannel(operators: [infinite])
        }
        let four = [half, half, half, half]
        #expect(try KrausChannel(operators: four).processFidelity == 1)
    }

    @Test("refuse parameters out of range and name them")
    func parameters() throws {
        #expect(
            throws: NoiseError.probability(
                name: "damping probability", value: 1.5, allowed: 0...1)
        ) { try KrausChannel.amplitudeDamping(1.5) }
        #expect(throws: NoiseError.self) { try KrausChannel.bitFlip(-0.1) }
        #expect(throws: NoiseError.self) { try KrausChannel.phaseFlip(.nan) }
        #expect(throws: NoiseError.self) { try KrausChannel.depolarizing(1.34, qubits: 1) }
        #expect(throws: NoiseError.self) { try KrausChannel.depolarizing(1.07, qubits: 2) }
        #expect(throws: NoiseError.relaxationTimes(t1: 10, t2: 21)) {
            try KrausChannel.thermalRelaxation(t1: 10, t2: 21, time: 1)
        }
        #expect(throws: NoiseError.self) {
            try KrausChannel.thermalRelaxation(t1: 10, t2: 10, time: -1)
        }
        #expect(throws: NoiseError.self) {
            try KrausChannel.overRotation(.nan, PauliString(x: 1, z: 0), qubits: 1)
        }
        #expect(throws: NoiseError.readoutRow(trueBit: 1, sum: 1.5)) {
            try ReadoutError(matrix: [[1, 0], [0.5, 1]])
        }
        let error = NoiseError.probability(name: "readout error of 0", value: 2, allowed: 0...1)
        #expect(throws: error) { try ReadoutError(falseOne: 2, falseZero: 0) }
        #expect("\(error)" == "readout error of 0 is 2.0: 0.0 to 1.0 are allowed")
    }

    @Test("refuse what the simulators cannot run")
    func simulators() throws {
        let wide = try Circuit(qubits: 13)
        #expect(throws: NoiseError.tooManyQubits(13, limit: 12)) {
            _ = try DensityMatrixSimulator().run(wide).qubits
        }
        let ten = try Circuit(qubits: 10)
        #expect(throws: NoiseError.memory(qubits: 10, bytes: 8 << 20, limit: 1 << 20)) {
            _ = try DensityMatrixSimulator(memoryLimit: 1 << 20).run(ten).qubits
        }
        #expect(throws: NoiseError.threads(65, allowed: 1...64)) {
            _ = try DensityMatrixSimulator(threads: 65).run(ten).qubits
        }
        var circuit = try Circuit(qubits: 2, bits: 1)
        try circuit.measure(0, into: 0)
        try circuit.append(.cx, 1, 0)
        #expect(throws: NoiseError.gateAfterMeasurement(gate: "cx", position: 1)) {
            _ = try DensityMatrixSimulator().run(circuit).qubits
        }
        var noise = NoiseModel()
        noise.add(try .depolarizing(0.1, qubits: 2), after: .operands(1))
        var single = try Circuit(qubits: 1)
        try single.append(.h, 0)
        #expect(throws: NoiseError.channelQubits(channel: 2, gate: "h", operands: 1)) {
            _ = try DensityMatrixSimulator().run(single, noise: noise).qubits
        }
        let angle = ParameterExpression.parameter(0) * ParameterExpression.parameter(0)
        let squared = try Circuit(
            qubits: 1, parameters: 1, operations: [Operation(.h, [0]), Operation(.rx(angle), [0])])
        #expect(throws: NoiseError.nonFiniteAngle(gate: "rx", position: 1)) {
            _ = try DensityMatrixSimulator().run(squared, parameters: [1e200]).qubits
        }
        #expect(throws: NoiseError.parameterValues(count: 0, expected: 1)) {
            _ = try DensityMatrixSimulator().run(squared).qubits
        }
        let simulator = TrajectorySimulator(memoryLimit: 1 << 20)
        let limits = TrajectorySimulator.trajectoryLimits
        #expect(throws: NoiseError.trajectories(0, allowed: limits)) {
            try simulator.counts(single, noise: NoiseModel(), shots: 0, seed: 1)
        }
        let sixteen = try Circuit(qubits: 16)
        #expect(throws: NoiseError.memory(qubits: 16, bytes: 24 << 20, limit: 1 << 20)) {
            try simulator.counts(sixteen, noise: NoiseModel(), shots: 1, seed: 1)
        }
    }
}
