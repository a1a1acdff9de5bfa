import Contracts
import Determinism
import QuantumBackends
import QuantumCircuit
import Testing

@Suite("Discovery")
struct DiscoveryTests {
    private let start = BackendUnderTest.start

    @Test("lists every device with kind, target, quality and state, and finds it by name or kind")
    func catalog() throws {
        let device = try DeviceTarget.named("falcon-7-ecr")
        var calibration = device.calibration
        for (index, t1) in [90.0, 210, 110, 400, 120, 130, 140].enumerated() {
            calibration.qubits[index].t1Microseconds = t1
            calibration.qubits[index].t2Microseconds = 2 * t1
        }
        for (index, error) in [0.01, 0.02, 0.03, 0.05, 0.07, 0.2].enumerated() {
            calibration.pairs[index].error = error
        }
        var noisy = NoisyBackendConfiguration(device: try device.calibrated(calibration))
        noisy.name = "lab"
        var qpu = SimulatedQPUConfiguration()
        qpu.price = DevicePrice(perTask: 0.3, perShot: 0.001)
        qpu.outages = [OutageWindow(from: .zero, until: .seconds(10 as Int64))]
        let backends: [any QuantumBackend] = [
            IdealBackend(), try NoisyBackend(noisy), try SimulatedQPU(qpu, start: start),
        ]
        let local = DeviceCatalog(backends, at: start)
        let catalog = DeviceCatalog(
            local.devices + [DeviceDescription(topicDevice: "theirs")])

        #expect(catalog.devices.map(\.name) == ["ideal", "lab", "simulated-qpu", "theirs"])
        #expect(catalog.devices.map(\.kind) == [.ideal, .noisy, .simulatedQPU, .topic])
        #expect(catalog.devices.map(\.state) == [.online, .online, .outage, nil])
        let lab = try #require(catalog.device("noisy"))
        #expect(lab == catalog.device("lab"))
        let target = try #require(lab.target)
        #expect(target.qubits == 7 && target.nativeGates == .ecr && target.coupledPairs == 6)
        #expect(target.isDirected && target.name == "falcon-7-ecr")
        let quality = try #require(lab.quality)
        #expect(quality.t1Microseconds == 130 && quality.t2Microseconds == 260)
        #expect(quality.twoQubitError == 0.04 && quality.oneQubitError == 3e-4)
        #expect(lab.limits?.qubits == 7 && lab.limits?.isExactAllowed == true)
        #expect(catalog.device("simulated-qpu")?.price == qpu.price)
        #expect(catalog.device("ideal")?.target == nil && catalog.device("nobody's") == nil)
        #expect(catalog.device("theirs")?.limits == nil)
    }
}
