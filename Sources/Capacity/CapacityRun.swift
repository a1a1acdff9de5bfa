import Contracts
import Determinism
import Policies
import QuantumBackends
import Glibc

/// Simulates one rate: arrivals, decisions, groups, devices, in slots of the grouping interval.
///
/// A function of the question, the rate and the method. Arrivals are Poisson.
public struct CapacityRun {
    private struct Group {
        var decided: [Timestamp] = []
    }

    private let question: CapacityQuestion
    private let rate: Double
    private let method: CapacityMethod
    private let slot: TimeSpan
    private let counted: Timestamp
    private let end: Timestamp
    /// Records of a usual job.
    private let usual: Int
    private var devices: [QueueModel]
    private var controller: CapacityController
    private var forecasts: [DeviceForecast]
    private var statusAt = CapacityQuestion.start
    private var nextStatus = CapacityQuestion.start
    private var groups: [Group]
    private var running: [[Int: [Timestamp]]]
    private var draws: RandomStream
    private var point = CapacityPoint()
    private var refused = [Int](repeating: 0, count: ReasonCode.allCases.count)
    private var waits: [Int64] = []
    private var busyBefore: [TimeSpan] = []
    private var micros: Int64 = 0
    private var number: UInt64 = 0

    /// A slot where records are not grouped, for arrivals to be drawn in.
    private static let ungrouped = TimeSpan.milliseconds(5)

    /// - Parameter rate: records a second, 0.001 to a billion.
    public init(_ question: CapacityQuestion, rate: Double, method: CapacityMethod) {
        self.question = question
        self.rate = rate
        self.method = method
        slot = question.grouping > .zero ? question.grouping : Self.ungrouped
        let span = Self.span(question, rate: rate, method)
        end = CapacityQuestion.start + span
        // Slightly overloaded queues take many latency budgets to fill.
        let settling = max(
            span.microseconds / 10,
            min(span.microseconds / 2, question.latencyBudget.microseconds * 10))
        counted = CapacityQuestion.start + .microseconds(settling)
        devices = question.devices
        let usual = Self.usualGroup(question, rate: rate)
        self.usual = usual
        controller = CapacityController(question, batch: usual)
        forecasts = devices.map { _ in .unknown }
        groups = devices.map { _ in Group() }
        running = devices.map { _ in [:] }
        draws = RandomStream(seed: question.seed, stream: 0x6361_7061)
        point.rate = rate
        point.method = method
    }

    /// The method that is exact enough at a rate: records one by one while there are no more than
    /// `decisions` of them in the window, else slots.
    public static func method(_ question: CapacityQuestion, rate: Double) -> CapacityMethod {
        let worthwhile = rate * question.worthwhile
        let carried = carriable(question)
        return worthwhile > 4 * carried && worthwhile * slot(question).inSeconds > 8
            ? .slots : .worthwhile
    }

    private static func slot(_ question: CapacityQuestion) -> TimeSpan {
        question.grouping > .zero ? question.grouping : ungrouped
    }

    /// Records a second that devices and budget can carry at the very most.
    static func carriable(_ question: CapacityQuestion) -> Double {
        let service = question.devices.reduce(0) { $0 + $1.serviceRate(batch: question.batch) }
        guard let budget = question.budgetMicros else { return service }
        let price = question.devices.map { $0.priceMicros(batch: question.batch) }.min() ?? 0
        guard price > 0 else { return service }
        return min(service, Double(budget) / question.window.inSeconds / Double(price))
    }

    /// Records that one interval brings to one device, at the rate that can be carried.
    private static func usualGroup(_ question: CapacityQuestion, rate: Double) -> Int {
        guard question.grouping > .zero else { return 1 }
        let flow = min(rate * question.worthwhile, carriable(question))
        let records = flow * question.grouping.inSeconds / Double(question.devices.count)
        return max(1, min(question.batch, Int(min(records, 1e9).rounded())))
    }

    /// The window, or what the decisions suffice for; a thousand slots and twenty latency budgets at
    /// least.
    private static func span(
        _ question: CapacityQuestion, rate: Double, _ method: CapacityMethod
    ) -> TimeSpan {
        let decided: Double =
            switch method {
            case .everyRecord: rate
            case .worthwhile: rate * question.worthwhile
            case .slots:
                min(carriable(question), rate * question.worthwhile)
                    + 1 / slot(question).inSeconds
            }
        let affordable = TimeSpan.seconds(Double(question.decisions) / max(decided, 1e-6))
        let least = max(slot(question) * 1_000, min(question.latencyBudget * 20, .seconds(60.0)))
        return max(least, min(question.window, affordable))
    }

    public mutating func run() -> CapacityPoint {
        var now = CapacityQuestion.start
        var isCounted = false
        while now < end {
            if !isCounted, now >= counted {
                isCounted = true
                busyBefore = devices.map(\.busy)
            }
            let next = now + slot
            arrivals(from: now)
            for device in devices.indices {
                advance(device, to: next)
                send(device, at: next)
            }
            now = next
        }
        // What is under way comes to its end; nothing new does.
        let busyAfter = devices.map(\.busy)
        let rest = end + question.latencyBudget * 4
        for device in devices.indices { advance(device, to: rest) }
        return summary(busyAfter)
    }

    // MARK: One slot

    private mutating func arrivals(from now: Timestamp) {
        let flow = method == .everyRecord ? rate : rate * question.worthwhile
        let count = poisson(flow * slot.inSeconds)
        guard count > 0 else { return }
        let instants = instants(count, from: now)
        let band = CapacityController.band(question.worthwhile)
        for index in 0..<count {
            number += 1
            let instant = now + (instants?[index] ?? evenly(index, of: count))
            readStatus(at: instant)
            let score =
                method == .everyRecord
                ? draws.uniform() : (band.lowerBound + band.upperBound) / 2
            let reason = decide(score, at: instant)
            guard method == .slots, let reason else { continue }
            // The rest of the slot would find what this record found.
            if instant >= counted { refused[reason.ordinal] += count - index - 1 }
            return
        }
    }

    /// Instants within a slot, rising; nil for even ones.
    private mutating func instants(_ count: Int, from now: Timestamp) -> [TimeSpan]? {
        guard method != .slots else { return nil }
        return (0..<count).map { _ in
            .microseconds(Int64(draws.uniform() * Double(slot.microseconds)))
        }.sorted()
    }

    private func evenly(_ index: Int, of count: Int) -> TimeSpan {
        .microseconds((Int64(index) * 2 + 1) * slot.microseconds / (2 * Int64(count)))
    }

    /// - Returns: why the record was refused.
    private mutating func decide(_ score: Double, at now: Timestamp) -> ReasonCode? {
        let isCounted = now >= counted
        point.decided += 1
        // A record waits for its group, and then for the group's own time.
        let choice = controller.decide(
            score: score, number: number, now: now,
            deadline: now + question.latencyBudget - question.grouping, forecasts)
        switch choice {
        case .refused(let reason):
            if isCounted { refused[reason.ordinal] += 1 }
            return reason
        case .admitted(let device):
            groups[device].decided.append(now)
            if isCounted { point.admitted += 1 }
            if question.grouping == .zero {
                advance(device, to: now)
                send(device, at: now)
            }
            return nil
        }
    }

    private mutating func readStatus(at now: Timestamp) {
        if now >= nextStatus {
            nextStatus = now + question.heartbeat
            statusAt = now
            for device in devices.indices {
                advance(device, to: now)
                let status = devices[device].status(batch: usual, at: now)
                forecasts[device].predictedWait = status.predictedWait
                forecasts[device].serviceTime = status.serviceTime
                forecasts[device].servers = status.servers
                forecasts[device].queueDepth = status.queueDepth
                forecasts[device].state = status.state
            }
        }
        for device in devices.indices { forecasts[device].statusAge = now - statusAt }
    }

    // MARK: Devices

    private mutating func send(_ device: Int, at now: Timestamp) {
        let decided = groups[device].decided
        guard !decided.isEmpty else { return }
        groups[device].decided.removeAll(keepingCapacity: true)
        var first = 0
        let most = min(question.batch, devices[device].configuration.maxBatch)
        while first < decided.count {
            let part = Array(decided[first..<min(first + most, decided.count)])
            if let ticket = devices[device].submit(records: part.count, at: now) {
                running[device][ticket] = part
            } else {
                point.failed += Double(part.count { $0 >= counted })
            }
            first += part.count
        }
    }

    private mutating func advance(_ device: Int, to now: Timestamp) {
        var ended: [QueueModel.Completion] = []
        devices[device].advance(to: now) { ended.append($0) }
        for one in ended {
            for decided in running[device].removeValue(forKey: one.ticket) ?? []
            where decided >= counted {
                guard one.isDone, let started = one.started else {
                    point.failed += 1
                    continue
                }
                waits.append((started - decided).microseconds)
                let isLate = one.available > decided + question.latencyBudget
                point.inTime += isLate ? 0 : 1
                point.late += isLate ? 1 : 0
                // Whole groups are before or after the start of counting, but for one.
                micros += one.costMicros / Int64(one.records)
            }
        }
    }

    // MARK: Figures

    private mutating func summary(_ busyAfter: [TimeSpan]) -> CapacityPoint {
        let span = end - counted
        let seconds = span.inSeconds
        point.span = span
        for reason in ReasonCode.allCases where refused[reason.ordinal] > 0 {
            point.refused[reason] = Double(refused[reason.ordinal]) / seconds
        }
        let under = running.reduce(0) { sum, jobs in
            sum + jobs.values.reduce(0) { $0 + $1.count { $0 >= counted } }
        }
        point.admitted /= seconds
        point.inTime /= seconds
        // What has not come four budgets later comes late, if ever.
        point.late = (point.late + Double(under)) / seconds
        point.failed /= seconds
        let refusals = point.refused.reduce(0) { $0 + ($1.key == .certain ? 0 : $1.value) }
        point.worthwhile = point.admitted + refusals
        if method != .everyRecord, question.worthwhile < 1 {
            point.refused[.certain] = rate * (1 - question.worthwhile)
        }
        point.offered = point.worthwhile + (point.refused[.certain] ?? 0)
        point.spendPerHour = Double(micros) / 1e6 / seconds * 3_600
        if busyBefore.isEmpty { busyBefore = devices.map { _ in .zero } }
        point.utilisation = devices.indices.map { device in
            let busy = (busyAfter[device] - busyBefore[device]).inSeconds
            return busy / seconds / Double(devices[device].configuration.servers)
        }
        waits.sort()
        func quantile(_ share: Double) -> TimeSpan {
            guard !waits.isEmpty else { return .zero }
            let rank = Int((share * Double(waits.count)).rounded(.up))
            return .microseconds(waits[min(max(rank, 1), waits.count) - 1])
        }
        point.waitP50 = quantile(0.5)
        point.waitP90 = quantile(0.9)
        point.waitP99 = quantile(0.99)
        let sum = waits.reduce(0) { $0 + Double($1) }
        point.meanWait = .microseconds(Int64(sum / Double(max(1, waits.count))))
        return point
    }

    /// By Knuth's product of uniforms for small means, by a rounded normal for large ones, whose
    /// error is below a hundredth of the standard deviation from a mean of 200 on.
    private mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        guard mean < 200 else {
            let radius = (-2 * log(1 - draws.uniform())).squareRoot()
            let normal = radius * cos(2 * .pi * draws.uniform())
            return max(0, Int((mean + mean.squareRoot() * normal).rounded()))
        }
        let limit = exp(-mean)
        var (count, product) = (0, draws.uniform())
        while product > limit {
            count += 1
            product *= draws.uniform()
        }
        return count
    }
}
