import Contracts
import Determinism
import Policies
import QuantumBackends

/// Admission as this simulation sees it: the one place that knows how `AdmissionController` is asked.
///
/// Several devices are tried in order of price, each with an admission state of its own; a device
/// that the budget cannot pay now is not tried. Not by the controller's own choice among devices,
/// though it costs no more, for two reasons. A record is in time here when its whole group is, which
/// ends so much later than its own service as the device is slow for groups: a deadline for each
/// device, where a request has one. And the purse fills evenly without windows and pays exact prices,
/// so that the answer does not hang on where in a day it was simulated, where a budget's book does.
/// What differs: devices of equal price are filled in their order, not by expected completion, and
/// nothing is downgraded; both understate what several devices carry, never overstate it.
struct CapacityController {
    enum Choice: Equatable {
        case admitted(device: Int)
        case refused(ReasonCode)
    }

    private let policy: AdmissionPolicy
    private let order: [Int]
    private let prices: [Int64]
    /// How much later than a record's own service its group's ends.
    private let rest: [TimeSpan]
    private var states: [AdmissionState]
    private var purse: Purse?

    init(_ question: CapacityQuestion, batch: Int) {
        var policy = AdmissionPolicy()
        policy.mode = .live
        policy.uncertaintyBand = Self.band(question.worthwhile)
        policy.safetyMargin = question.safetyMargin
        policy.statusStaleness = question.heartbeat * 4 + .seconds(1 as Int64)
        policy.jobTransit = question.grouping
        self.policy = policy
        let prices = question.devices.map { $0.priceMicros(batch: batch) }
        self.prices = prices
        order = prices.indices.sorted { (prices[$0], $0) < (prices[$1], $1) }
        rest = question.devices.map { device in
            let service = device.status(batch: batch, at: CapacityQuestion.start).serviceTime
            let shared = service.microseconds / Int64(device.configuration.servers)
            // A group's results come together, at the end of its last record, on one server.
            return (service - .microseconds(shared)) * Int64(batch - 1)
        }
        states = question.devices.map { _ in
            AdmissionState(policy: policy, now: CapacityQuestion.start)
        }
        purse = question.budgetMicros.map {
            Purse(micros: $0, window: question.window, price: prices.max() ?? 0)
        }
    }

    /// Scores of this width about one half are worth a call.
    static func band(_ share: Double) -> ClosedRange<Double> {
        max(0, 0.5 - share / 2)...min(1, 0.5 + share / 2)
    }

    mutating func decide(
        score: Double, number: UInt64, now: Timestamp, deadline: Timestamp,
        _ forecasts: [DeviceForecast]
    ) -> Choice {
        var reason: ReasonCode?
        for device in order {
            guard purse?.canPay(prices[device], now: now) ?? true else {
                reason = reason ?? .budgetExhausted
                continue
            }
            let request = AdmissionRequest(
                classicalScore: score, now: now, deadline: deadline - rest[device],
                idHash: StableHash.mix(number))
            let decision = AdmissionController.decide(
                request, forecasts[device], killSwitch: false, policy: policy,
                state: &states[device])
            if decision.admitted {
                purse?.pay(prices[device])
                return .admitted(device: device)
            }
            if reason == nil || reason == .budgetExhausted { reason = decision.reason }
            // What the record itself is refused for, every device refuses it for.
            if decision.reason == .certain { return .refused(.certain) }
        }
        return .refused(reason ?? .ineligible)
    }
}

/// Money that comes in evenly over the window and is kept for a minute, or for one record.
struct Purse {
    private static let kept = TimeSpan.seconds(60 as Int64)
    private let micros: Int64
    private let window: TimeSpan
    private let most: Double
    private var held: Double
    private var filled = CapacityQuestion.start

    init(micros: Int64, window: TimeSpan, price: Int64) {
        self.micros = micros
        self.window = window
        most = max(Double(micros) / window.inSeconds * Self.kept.inSeconds, Double(price))
        held = 0
    }

    mutating func canPay(_ price: Int64, now: Timestamp) -> Bool {
        let elapsed = max(now - filled, .zero)
        held = min(most, held + Double(micros) * elapsed.inSeconds / window.inSeconds)
        filled = max(filled, now)
        return held >= Double(price)
    }

    mutating func pay(_ price: Int64) { held -= Double(price) }
}
