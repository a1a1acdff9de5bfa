import Configuration
import Determinism
import QuantumBackends
import QuantumCircuit
import QuantumPrimitives
import QuantumSimulator
import Testing

@testable import tandem

@Suite("The configured simulated QPU")
struct DeviceFactoryTests {
    private func device(
        _ change: (inout DeviceConfiguration) -> Void = { _ in }
    ) throws -> SimulatedQPUConfiguration {
        var source = DeviceConfiguration()
        change(&source)
        return try SimulatedDevice.configuration(source)
    }

    @Test("has nobody else, no noise and no faults by default")
    func defaults() throws {
        let device = try device()
        #expect(device.tenants.isEmpty && device.noise == .off && device.priceBook == nil)
        #expect(device.faults == DeviceFaults() && device.drift == CalibrationDrift())
        #expect(device.price.cost(records: 1, shots: 1_000) == 1.2)
    }

    @Test("takes tenants from the preset, or from the keys that describe them")
    func tenants() throws {
        #expect(try device { $0.queue = .busyPublic }.tenants.count == 8)
        for arrivals in TenantArrivals.allCases {
            let own = try device {
                $0.queue = .busyPublic
                $0.tenants = 5
                $0.tenantLoad = 0.8
                $0.servers = 2
                $0.tenantArrivals = arrivals
                $0.tenantJobSizes = .pareto
            }
            let load = own.tenants.reduce(0) { $0 + $1.load }
            #expect(own.tenants.count == 5 && abs(load - 1.6) < 1e-9)
        }
        let outages = [PlannedOutage(startSeconds: 1, durationSeconds: 2)]
        #expect(try device { $0.outages = outages }.outages.count == 1)
        #expect(try device { $0.queue = .outage }.outages.count == 1)
    }

    @Test("takes prices from a preset")
    func prices() throws {
        #expect(try device { $0.prices = .ionQ }.priceBook == PricePreset.ionQ.book)
        let ibm = try device { $0.prices = .ibm }
        #expect(ibm.priceBook == PricePreset.ibm.book)
        #expect(ibm.taskPrice.perSecond == 1.6 && ibm.taskPrice.perShot == 0)
    }

    @Test("times the compiled circuit on its target")
    func timing() throws {
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        var source = DeviceConfiguration()
        source.timing = .circuit
        source.target = "line-4"
        let backend = try DeviceFactory.simulatedQPU(source, start: start)
        #expect(backend.target.qubits == 4)
        let circuit = try ZZFeatureMap.circuit(qubits: 4, repetitions: 2)
        let executable = try backend.prepare(circuit, strings: [])
        try backend.submit(
            BackendJob(
                id: BackendJobID("a"), executable: executable,
                parameters: [Double](repeating: 0.1, count: 4), seeds: [1], shots: 1_000),
            at: start)
        let target = try DeviceTarget.named("line-4")
        let native = try DeviceFactory.compiler.compile(circuit, target)
        let shot = Schedule(native) { target.calibration.figures(of: $0)?.nanoseconds ?? 0 }.end
        #expect(backend.nextEvent == start + .seconds((shot + 2_000) * 1e-6))
        #expect(throws: CommandFailure.self) { _ = try device { $0.target = "nowhere" } }
    }
}
