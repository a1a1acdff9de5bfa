public import QuantumCircuit
import QuantumSimulator

/// How a backend undoes readout errors in what it returns: given by a layer above, which knows how.
public struct ReadoutCorrection: Sendable {
    /// Shares of reported outcomes to (quasi-)shares of true ones.
    public var shares: @Sendable ([Double]) -> [Double]
    /// Values of true outcomes to what reported ones count for, with the same mean.
    public var values: @Sendable ([Double]) -> [Double]

    /// Both get and return 2^n numbers for a template on the first n qubits of the device.
    public init(
        shares: @escaping @Sendable ([Double]) -> [Double],
        values: @escaping @Sendable ([Double]) -> [Double]
    ) {
        self.shares = shares
        self.values = values
    }
}

/// How a noisy device behaves.
public struct NoisyBackendConfiguration: Sendable {
    public var name = "noisy"
    /// Its calibration gives the noise; its first 16 qubits are used.
    public var device: DeviceTarget
    /// Per record.
    public var maxShots = 1 << 20
    /// Records in one job.
    public var maxBatch = 4_096
    /// Templates on up to as many qubits run as density matrices, larger ones by trajectories, which
    /// have no exact values.
    public var densityMatrixQubits = 8
    /// Nil to return what is read. Corrected expectations may lie outside −1…1 by shot noise.
    public var readoutCorrection: ReadoutCorrection?
    /// Simulating is work: one poll takes so many amplitudes' worth of records, one at the least,
    /// and leaves the rest.
    public var amplitudesPerPoll = 1 << 18

    public init(device: DeviceTarget) { self.device = device }

    func validate() throws(BackendConfigurationError) {
        let limits = BatchSimulator.shotLimits
        guard limits.contains(maxShots) else {
            throw BackendConfigurationError(
                setting: "maxShots", value: "\(maxShots)",
                allowed: "1 to \(limits.upperBound) are allowed")
        }
        guard maxBatch >= 1 else {
            throw BackendConfigurationError(
                setting: "maxBatch", value: "\(maxBatch)", allowed: "1 or more")
        }
        guard (0...DensityMatrixSimulator.maximumQubits).contains(densityMatrixQubits) else {
            throw BackendConfigurationError(
                setting: "densityMatrixQubits", value: "\(densityMatrixQubits)",
                allowed: "0 to \(DensityMatrixSimulator.maximumQubits) are allowed")
        }
        guard amplitudesPerPoll >= 1 else {
            throw BackendConfigurationError(
                setting: "amplitudesPerPoll", value: "\(amplitudesPerPoll)", allowed: "1 or more")
        }
    }
}
