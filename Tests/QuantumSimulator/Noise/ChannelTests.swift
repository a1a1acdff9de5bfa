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

    @Test("come from a calibration with the errors that it reports")
    func calibration() throws {
        let qubits = [
            DeviceCalibration.Qubit(t1: 100e-6, t2: 80e-6, falseOne: 0.01, falseZero: 0.03),
            DeviceCalibration.Qubit(t1: 50e-6, t2: 100e-6, falseOne: 0.02, falseZero: 0.04),
        ]
        let gates = [
            DeviceCalibration.Gate(name: "sx", qubits: [0], error: 0.002, duration: 50e-9),
            DeviceCalibration.Gate(name: "cx", qubits: [0, 1], error: 0.02, duration: 400e-9),
        ]
        let noise = try NoiseModel(
            calibration: DeviceCalibration(qubits: qubits, gates: gates))
        #expect(noise.readout[1] == (try ReadoutError(falseOne: 0.02, falseZero: 0.04)))
        // The channels after a gate lose what the gate is said to lose: measured as the mean
        // fidelity over the six axis states, which averages like all states (a 2-design).
        var total = 0.0
        for axis in [[], [Gate.x], [.h], [.x, .h], [.h, .s], [.x, .h, .s]] {
            var circuit = try Circuit(qubits: 2)
            for gate in axis { try circuit.append(gate, 0) }
            try circuit.append(.sx, 0)
            let noisy = try DensityMatrixSimulator().run(circuit, noise: noise)
            let pure = try StatevectorSimulator().run(circuit).amplitudes()
            let rho = noisy.matrix()
            for row in 0..<4 {
                for column in 0..<4 {
                    total += (pure[row].conjugate * rho[row, column] * pure[column]).re
                }
            }
        }
        #expect(abs(1 - total / 6 - 0.002) < 1e-12)
        // On the other qubit there is no noise.
        var other = try Circuit(qubits: 2)
        try other.append(.sx, 1)
        let purity = try DensityMatrixSimulator().run(other, noise: noise).purity
        #expect(abs(purity - 1) < 1e-12)
        #expect(throws: NoiseError.calibrationQubit(2, limit: 2)) {
            try NoiseModel(
                calibration: DeviceCalibration(
                    qubits: qubits,
                    gates: [.init(name: "cx", qubits: [0, 2], error: 0.1, duration: 1e-7)]))
        }
    }
}
