import Determinism
import Policies
import Testing

@Suite("Concurrency limits on a simulated device")
struct ConcurrencyLimitTests {
    struct Setting: CustomTestStringConvertible, Sendable {
        let algorithm: ConcurrencyPolicy.Algorithm
        let servers: Int
        var isRandom = true
        var tellsService = false

        var testDescription: String {
            "\(algorithm.rawValue), M/\(isRandom ? "M" : "D")/\(servers)"
                + (tellsService ? ", service times told" : "")
        }

        static var all: [Setting] {
            var all: [Setting] = []
            for servers in [1, 4, 16, 64] {
                for isRandom in [false, true] {
                    all.append(Setting(algorithm: .aimd, servers: servers, isRandom: isRandom))
                    for algorithm in [ConcurrencyPolicy.Algorithm.vegas, .gradient2] {
                        for tells in [false, true] {
                            all.append(
                                Setting(
                                    algorithm: algorithm, servers: servers, isRandom: isRandom,
                                    tellsService: tells))
                        }
                    }
                }
            }
            return all
        }
    }

    private static let service = 0.1

    private func limit(_ algorithm: ConcurrencyPolicy.Algorithm) -> ConcurrencyLimit {
        var policy = ConcurrencyPolicy()
        policy.algorithm = algorithm
        // Results are worth waiting for up to two and a half service times.
        policy.timeout = .seconds(2.5 * Self.service)
        return ConcurrencyLimit(policy: policy)
    }

    private func device(_ setting: Setting, overload: Double) -> LimitedDevice {
        var device = LimitedDevice(
            servers: setting.servers, service: Self.service,
            rate: overload * Double(setting.servers) / Self.service, seed: 1)
        device.isRandom = setting.isRandom
        device.tellsService = setting.tellsService
        return device
    }

    /// AIMD needs no service times. Vegas and Gradient2 guess them as published, which fails them at
    /// a few servers, where the limit begins far above what the device can do and the first round
    /// trips are taken for short ones, and Vegas at many servers of random service, where the luckiest
    /// window is.
    @Test(
        "keeps a device twice overloaded at 90 % of its capacity and more, its queue short",
        arguments: Setting.all.filter {
            $0.tellsService || $0.algorithm == .aimd || $0.servers == 16
        })
    func knee(setting: Setting) {
        var limit = limit(setting.algorithm)
        var device = device(setting, overload: 2)
        _ = device.run(seconds: 60, &limit)
        let figures = device.run(seconds: 40, &limit)
        let capacity = Double(setting.servers) / Self.service
        let share = figures.throughput / capacity
        let wait = figures.meanWait / Self.service
        print(
            "\(setting.testDescription): \(round2(share)) of capacity, wait \(round2(wait)) "
                + "services, limit \(round2(figures.meanLimit))")
        #expect(share >= 0.9)
        // A few calls wait behind each other at one server; beyond, no more than two services.
        #expect(figures.meanWait <= Self.service * (setting.servers == 1 ? 8 : 2))
    }

    @Test(
        "follows a device that loses half of its servers, and gets them back",
        arguments: Setting.all.filter { $0.servers == 16 })
    func change(setting: Setting) {
        var limit = limit(setting.algorithm)
        var device = device(setting, overload: 2)
        _ = device.run(seconds: 60, &limit)
        let whole = device.run(seconds: 30, &limit)
        device.servers = 8
        _ = device.run(seconds: 60, &limit)
        let half = device.run(seconds: 30, &limit)
        device.servers = 16
        _ = device.run(seconds: 60, &limit)
        let again = device.run(seconds: 30, &limit)
        let waits = [whole, half, again].map { round2($0.meanWait / Self.service) }
        let limits = [whole, half, again].map { round2($0.meanLimit) }
        print("\(setting.testDescription): limits \(limits), waits \(waits) services")
        #expect(half.throughput >= 0.9 * 80 && again.throughput >= 0.9 * 160)
        #expect(half.meanLimit < whole.meanLimit && half.meanLimit < again.meanLimit)
        #expect(half.meanWait <= 4 * Self.service)
    }

    @Test(
        "hardly turns a call away while the device is half loaded",
        arguments: Setting.all.filter { $0.servers == 16 })
    func idle(setting: Setting) {
        var limit = limit(setting.algorithm)
        var device = device(setting, overload: 0.5)
        _ = device.run(seconds: 60, &limit)
        let figures = device.run(seconds: 40, &limit)
        #expect(figures.refusedShare <= 0.01, "\(figures.refusedShare)")
    }

    @Test("without service times a lasting overload drives Gradient2 up; with them it does not")
    func drift() {
        var figures: [LimitedDevice.Figures] = []
        for tells in [false, true] {
            var limit = limit(.gradient2)
            var device = device(
                Setting(algorithm: .gradient2, servers: 16, tellsService: tells), overload: 2)
            _ = device.run(seconds: 900, &limit)
            figures.append(device.run(seconds: 60, &limit))
        }
        let limits = figures.map { round2($0.meanLimit) }
        print("Gradient2 after a quarter of an hour of overload: limits \(limits)")
        #expect(figures[0].meanLimit > 2 * figures[1].meanLimit)
        #expect(figures[1].meanWait <= 2 * Self.service)
    }

    private func round2(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
