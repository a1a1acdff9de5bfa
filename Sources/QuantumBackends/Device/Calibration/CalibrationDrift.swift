public import Determinism
public import QuantumCircuit

/// How a device's figures move at its calibrations and between them.
///
/// The logarithm of each figure is its nominal value, plus a normal jump at each calibration, plus a
/// mean-reverting walk that starts at 0 there: an Ornstein–Uhlenbeck process
/// dx = −x/τ dt + σ√(2/τ) dW, whose standard deviation tends to σ.
public struct CalibrationDrift: Hashable, Sendable {
    /// Standard deviation of the logarithm at a calibration, 0…1.
    public var jump = 0.0
    /// σ: standard deviation of the logarithm long after a calibration, 0…1.
    public var spread = 0.0
    /// τ: after it, a deviation has shrunk to 1/e.
    public var correlation = TimeSpan.seconds(Int64(4 * 3_600))
    /// Figures hold for so long before they take their next step.
    public var step = TimeSpan.seconds(Int64(300))

    public init() {}

    var isStill: Bool { jump == 0 && spread == 0 }

    func validate() throws(BackendConfigurationError) {
        for (name, value) in [("jump", jump), ("spread", spread)] {
            try BackendConfigurationError.require(
                (0...1).contains(value), "drift \(name)", value, "0 to 1 are allowed")
        }
        for (name, span) in [("correlation", correlation), ("step", step)] {
            try BackendConfigurationError.require(
                span > .zero, "drift \(name)", span.microseconds, "above 0 µs")
        }
    }
}

/// What a device's noise was at an instant, and what its last calibration had said.
public struct CalibrationReading: Hashable, Sendable {
    /// Calibrations since the device's start.
    public let epoch: Int
    /// Steps of drift since the calibration.
    public let steps: Int
    /// What the calibration measured.
    public let snapshot: CalibrationSnapshot
    /// The figures in force: the snapshot's plus drift since.
    public let current: CalibrationSnapshot
}

/// A few numbers of a reading that say by how much results may have changed.
public struct CalibrationSummary: Hashable, Sendable {
    /// Device and calibration.
    public var snapshot: String
    public var sinceCalibration: TimeSpan
    /// Means over the device as the calibration found them, and at the time of the job.
    public var twoQubitError: Double
    public var currentTwoQubitError: Double
    public var readoutError: Double
    public var currentReadoutError: Double

    init(_ reading: CalibrationReading, name: String, sinceCalibration: TimeSpan) {
        snapshot = name
        self.sinceCalibration = sinceCalibration
        twoQubitError = reading.snapshot.meanPairError
        currentTwoQubitError = reading.current.meanPairError
        readoutError = reading.snapshot.meanReadoutError
        currentReadoutError = reading.current.meanReadoutError
    }
}

extension CalibrationSnapshot {
    fileprivate var meanPairError: Double {
        pairs.isEmpty ? 0 : pairs.reduce(0) { $0 + $1.error } / Double(pairs.count)
    }

    fileprivate var meanReadoutError: Double {
        qubits.isEmpty ? 0 : qubits.reduce(0) { $0 + $1.readoutError } / Double(qubits.count)
    }
}
