import Determinism
import Glibc
import QuantumCircuit
import Testing

@testable import QuantumBackends

@Suite("Drifting calibrations")
struct CalibrationDriftTests {
    private func calibration(
        _ name: String = "all-to-all-16-cx", seed: UInt64 = 1,
        _ change: (inout CalibrationDrift) -> Void
    ) throws -> DriftingCalibration {
        var drift = CalibrationDrift()
        drift.correlation = .seconds(Int64(1_000))
        drift.step = .seconds(Int64(100))
        change(&drift)
        return DriftingCalibration(
            nominal: try DeviceTarget.named(name).calibration, drift: drift,
            interval: .seconds(Int64(100_000)), seed: seed)
    }

    /// Logarithms of the pairs' errors over their nominal values: 120 independent walks.
    private func logarithms(_ snapshot: CalibrationSnapshot, _ nominal: CalibrationSnapshot)
        -> [Double]
    {
        zip(snapshot.pairs, nominal.pairs).map { log($0.error / $1.error) }
    }

    private func correlation(_ first: [Double], _ second: [Double]) -> Double {
        zip(first, second).reduce(0) { $0 + $1.0 * $1.1 } / Double(first.count)
    }

    @Test("walk with the spread and the memory of an Ornstein–Uhlenbeck process")
    func walk() throws {
        let spread = 0.2
        var (variance, lagged, early) = (0.0, 0.0, 0.0)
        for seed in 0..<20 as Range<UInt64> {
            var calibration = try calibration(seed: seed) { $0.spread = spread }
            func position(_ seconds: Int64) -> [Double] {
                logarithms(
                    calibration.reading(at: .seconds(seconds)).current, calibration.nominal)
            }
            let (soon, first, second) = (position(300), position(6_000), position(6_500))
            early += correlation(soon, soon)
            variance += correlation(first, first)
            lagged += correlation(first, second)
        }
        // 2,400 walks: five standard errors of a variance are 14 %.
        let expected = 20 * spread * spread
        #expect(abs(variance / expected - 1) < 0.14)
        // After 3 steps of τ/10: 1 − e^(−0.6). After a lag of τ/2: e^(−0.5).
        #expect(abs(early / expected - (1 - exp(-0.6))) < 0.07)
        #expect(abs(lagged / expected - exp(-0.5)) < 0.12)
    }

    @Test("are the same whenever they are asked for")
    func anyOrder() throws {
        var forward = try calibration {
            $0.spread = 0.3
            $0.jump = 0.2
        }
        let fresh = forward
        let instants = (0..<40).map { TimeSpan.seconds(Int64($0) * 7_919) }
        let readings = instants.map { forward.reading(at: $0) }
        for (instant, reading) in zip(instants, readings).reversed() {
            #expect(forward.reading(at: instant) == reading)
            var other = fresh
            #expect(other.reading(at: instant) == reading)
        }
    }

    @Test("start at the snapshot, and jump at the next calibration")
    func jumps() throws {
        var calibration = try calibration {
            $0.spread = 0.3
            $0.jump = 0.1
        }
        let interval = TimeSpan.seconds(Int64(100_000))
        var snapshots: [CalibrationSnapshot] = []
        for epoch in 0..<30 as Range<Int64> {
            let first = calibration.reading(at: interval * epoch)
            #expect(first.epoch == Int(epoch) && first.current == first.snapshot)
            let last = calibration.reading(at: interval * (epoch + 1) - .microseconds(1))
            #expect(last.snapshot == first.snapshot && last.current != first.snapshot)
            snapshots.append(first.snapshot)
        }
        let all = snapshots.flatMap { logarithms($0, calibration.nominal) }
        #expect(abs(correlation(all, all) / 0.01 - 1) < 0.12)
        // Neighbouring calibrations have nothing to do with each other.
        let (left, right) = (
            snapshots.dropLast().flatMap { logarithms($0, calibration.nominal) },
            snapshots.dropFirst().flatMap { logarithms($0, calibration.nominal) }
        )
        #expect(abs(correlation(left, right)) < 0.0009)
    }

    @Test("stay within what a device can have, however wild")
    func bounds() throws {
        var calibration = try calibration("line-12") {
            $0.spread = 1
            $0.jump = 1
        }
        let target = try DeviceTarget.named("line-12")
        for hour in 0..<200 as Range<Int64> {
            let reading = calibration.reading(at: .seconds(hour * 3_600))
            // Throws for what cannot be.
            _ = try target.calibrated(reading.current)
            _ = try target.calibrated(reading.snapshot)
        }
    }

    @Test("stand still without drift")
    func still() throws {
        var calibration = try calibration { _ in }
        let reading = calibration.reading(at: .seconds(Int64(250_000)))
        #expect(reading.epoch == 2 && reading.steps == 0)
        #expect(reading.current == calibration.nominal)
    }
}
