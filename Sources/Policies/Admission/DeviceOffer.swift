public import Contracts
public import Determinism

/// One way to make a call: a device, with what it would do, cost and take.
public struct DeviceOffer: Equatable, Sendable {
    /// Position among the devices.
    public let device: Int
    public let downgrade: Downgrade
    public let shots: Int
    public let priceMicros: Int64
    public let fidelity: Double
    /// The record's own time on the device, as the device tells it.
    public let service: TimeSpan
    /// The wait expected: the device's own figure, brought up to date.
    public let wait: TimeSpan
    /// The wait that the policy's quantile covers; `wait` while nothing is known of the device's
    /// waits.
    public let cautiousWait: TimeSpan
    /// `cautiousWait` and the time on the device.
    public let completion: TimeSpan
}

/// Offers still in the running, one bit each: rows of the ladder's steps, columns of devices.
struct OfferSet {
    static let devices = 8
    private static let shotSteps = DowngradeLadder.maximumShotShares
    private static let steps = 4 + shotSteps
    private(set) var bits: UInt64 = 0

    /// All that the ladder has for a request.
    init(_ request: AdmissionRequest, _ devices: [DeviceForecast], _ ladder: DowngradeLadder) {
        for device in 0..<min(devices.count, Self.devices) {
            if devices[device].isStandIn {
                insert(Self.steps - 1, device)
                continue
            }
            if devices[device].fidelity < ladder.minimumFidelity {
                insert(Self.steps - 2, device)
            } else {
                insert(0, device)
                for step in ladder.shotShares.indices
                where Self.shots(step, ladder, request) < request.shots {
                    insert(1 + step, device)
                }
            }
            if ladder.allowsSimplerCircuit, request.hasSimplerCircuit,
                devices[device].gainsBySimplerCircuit(request, ladder)
            {
                insert(1 + Self.shotSteps, device)
            }
        }
    }

    var isEmpty: Bool { bits == 0 }

    private mutating func insert(_ step: Int, _ device: Int) {
        bits |= 1 << UInt64(step * Self.devices + device)
    }

    mutating func remove(_ index: Int) { bits &= ~(1 << UInt64(index)) }

    /// The first offer at or after `index`: lower steps before higher ones, devices in order.
    func next(from index: Int) -> Int? {
        let rest = index >= 64 ? 0 : bits & (UInt64.max << UInt64(index))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    static func device(_ index: Int) -> Int { index % devices }
    static func step(_ index: Int) -> Int { index / devices }

    static func downgrade(_ index: Int) -> Downgrade {
        switch step(index) {
        case 0: .none
        case 1...shotSteps: .fewerShots
        case 1 + shotSteps: .simplerCircuit
        case steps - 2: .cheaperDevice
        default: .simulator
        }
    }

    static func shots(
        of index: Int, _ ladder: DowngradeLadder, _ request: AdmissionRequest
    ) -> Int {
        downgrade(index) == .fewerShots
            ? shots(step(index) - 1, ladder, request) : request.shots
    }

    private static func shots(
        _ step: Int, _ ladder: DowngradeLadder, _ request: AdmissionRequest
    ) -> Int {
        let wanted = (Double(request.shots) * ladder.shotShares[step]).rounded()
        return max(min(ladder.minimumShots, request.shots), Int(wanted))
    }
}
