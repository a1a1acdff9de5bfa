public import Contracts
public import Determinism
private import Glibc
import QuantumCircuit

/// What one record's run of a prepared template takes, costs and is worth on a device.
public struct ExecutableProfile: Hashable, Sendable {
    public let circuit: ExecutedCircuit
    /// Of one record whatever its shots, and of each of them: gates and time on the device included.
    public let pricePerTask: Double
    public let pricePerShot: Double
    /// Time on the device of one record with the shots asked for, other tenants aside.
    public let serviceTime: TimeSpan
    /// Expected time that one record takes out of the device's, other tenants' share in it included:
    /// as `DeviceStatus.serviceTime`, of this template.
    public let occupancy: TimeSpan
    /// Estimated probability of success: no gate and no readout fails, by the figures of the last
    /// calibration. The product of (1 − error) over all of them (Tannu and Qureshi, "Not all qubits
    /// are created equal", ASPLOS 2019).
    public let fidelity: Double

    init(
        circuit: ExecutedCircuit, price: DevicePrice, serviceTime: TimeSpan,
        occupancy: TimeSpan = .zero, fidelity: Double
    ) {
        self.circuit = circuit
        pricePerTask = price.perTask
        pricePerShot = price.perShot
        self.serviceTime = serviceTime
        self.occupancy = occupancy
        self.fidelity = fidelity
    }
}

extension CalibrationSnapshot {
    /// Every gate of a circuit and the readout of every qubit that it uses, without an error.
    func successProbability(_ circuit: Circuit) -> Double {
        var logarithm = 0.0
        var used = Set<Int>()
        for operation in circuit.operations {
            if operation.gate.isUnitary { used.formUnion(operation.qubits) }
            guard let figures = figures(of: operation) else { continue }
            logarithm += log1p(-figures.error)
        }
        for qubit in used where qubit < qubits.count {
            logarithm += log1p(-qubits[qubit].readoutError)
        }
        return min(max(exp(logarithm), 0), 1)
    }
}

extension QuantumBackend {
    /// What a prepared template takes on this device; nil where nobody knows.
    public func profile(
        of executable: ExecutableID, shots: Int, at now: Timestamp
    ) -> ExecutableProfile? { nil }

    /// Announced times in which no job starts, the one under way first; at most
    /// `QPUStatusMessage.maximumClosures`, within a day.
    public func closures(at now: Timestamp) -> [DeviceClosure] { [] }
}

extension SimulatedQPU {
    public func profile(
        of executable: ExecutableID, shots: Int, at now: Timestamp
    ) -> ExecutableProfile? {
        let own = configuration
        let native = executables.native(executable)
        let time = recordTime(executable, shots: shots)
        return ExecutableProfile(
            circuit: executables.executed(executable),
            price: price(of: executable, shots: shots, time: time), serviceTime: time,
            occupancy: own.stretched(own.servicePerJob + time),
            fidelity: own.noise == .off
                ? 1 : noise.reading(at: max(now - start, .zero)).snapshot.successProbability(native)
        )
    }

    /// A price book's gates and seconds spread over tasks and shots; a minimum charge counts as the
    /// task's. Of a time that varies, what 99 jobs in 100 take at most: what is set aside for a call
    /// should cover it.
    private func price(
        of executable: ExecutableID, shots: Int, time: TimeSpan
    ) -> DevicePrice {
        guard let book = configuration.priceBook else { return configuration.price }
        func cost(_ shots: Int) -> Double {
            Double(
                book.cost(
                    of: DeviceUsage(
                        tasks: 1, shots: shots,
                        oneQubitGates: footprints[executable]?.oneQubitGates ?? 0,
                        twoQubitGates: footprints[executable]?.twoQubitGates ?? 0))) / 1e6
        }
        let number = Double(max(shots, 1))
        let base = cost(0)
        let perShot = max(cost(shots) - base, 0) / number
        // Prices by the second are of millionths, as a second is of microseconds. A device rounds its
        // times and its bill up, by two microseconds a record at most: without them a call with
        // other shots than these would come out above what is set aside for it.
        let perSecond = Double(book.perSecond) / 1e6 * configuration.timeHeadroom
        let isTimed = configuration.shotTiming != nil
        let fixed = configuration.servicePerJob.inSeconds + (isTimed ? 0 : time.inSeconds) + 2e-6
        let shot = isTimed ? shotSeconds(executable) : 0
        return DevicePrice(
            perTask: base + perSecond * fixed, perShot: perShot + perSecond * shot)
    }

    public func closures(at now: Timestamp) -> [DeviceClosure] {
        queue.settings.closures.windows(
            from: now, until: now + .seconds(86_400 as Int64),
            atMost: QPUStatusMessage.maximumClosures)
    }
}

extension ClosureCalendar {
    /// Windows that are open at `now` or start before `until`, in order.
    func windows(from now: Timestamp, until: Timestamp, atMost most: Int) -> [DeviceClosure] {
        var found: [DeviceClosure] = []
        var next: Timestamp? = window(at: now)?.from ?? nextClosing(after: now)
        while let from = next, from < until, found.count < most, let window = window(at: from) {
            let kind: DeviceClosure.Kind = isPlanned(window) ? .maintenance : .calibration
            found.append(DeviceClosure(kind, from: window.from, until: window.until))
            next = nextClosing(after: from)
        }
        return found
    }
}

extension IdealBackend {
    public func profile(
        of executable: ExecutableID, shots: Int, at now: Timestamp
    ) -> ExecutableProfile? {
        ExecutableProfile(
            circuit: executables.executed(executable), price: DevicePrice(), serviceTime: .zero,
            fidelity: 1)
    }
}

extension NoisyBackend {
    public func profile(
        of executable: ExecutableID, shots: Int, at now: Timestamp
    ) -> ExecutableProfile? {
        guard let device else { return nil }
        return ExecutableProfile(
            circuit: executables.executed(executable), price: DevicePrice(), serviceTime: .zero,
            fidelity: device.calibration.successProbability(executables.native(executable)))
    }
}
