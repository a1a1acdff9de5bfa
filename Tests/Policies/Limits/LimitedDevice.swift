import Determinism
import Glibc
import Policies

/// A device of several servers and one queue, first come, first served, in virtual time, behind a
/// concurrency limit: what finds no place is turned away.
struct LimitedDevice {
    var servers: Int
    /// Seconds, mean.
    var service: Double
    /// Arrivals a second.
    var rate: Double
    /// Whether service times vary (exponential) or are all the same.
    var isRandom = true
    /// Whether the limit is told the service time of each call.
    var tellsService = false

    struct Figures {
        var seconds = 0.0
        var completed = 0
        var refused = 0
        var waits = 0.0
        /// Time integral of the limit.
        var limits = 0.0
        var throughput: Double { Double(completed) / seconds }
        var meanWait: Double { waits / Double(max(1, completed)) }
        var meanLimit: Double { limits / seconds }
        var refusedShare: Double { Double(refused) / Double(max(1, refused + completed)) }
    }

    private struct Call {
        let arrived: Double
        let started: Double
        let ended: Double
    }

    private(set) var now = 0.0
    private var nextArrival = 0.0
    private var running: [Call] = []
    private var queue: [Double] = []
    private var random: RandomStream

    init(servers: Int, service: Double, rate: Double, seed: UInt64) {
        self.servers = servers
        self.service = service
        self.rate = rate
        random = RandomStream(seed: seed)
    }

    static func instant(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: 1_700_000_000_000) + .seconds(seconds)
    }

    private mutating func exponential(_ mean: Double) -> Double {
        -mean * log(1 - random.uniform())
    }

    private mutating func start() {
        while running.count < servers, let arrived = queue.first {
            queue.removeFirst()
            let length = isRandom ? exponential(service) : service
            running.append(Call(arrived: arrived, started: now, ended: now + length))
        }
    }

    mutating func run(seconds: Double, _ limit: inout ConcurrencyLimit) -> Figures {
        var figures = Figures()
        let end = now + seconds
        figures.seconds = seconds
        while true {
            let first = running.indices.min { running[$0].ended < running[$1].ended }
            let ends = first.map { running[$0].ended } ?? .infinity
            let next = min(ends, nextArrival)
            let until = min(next, end)
            figures.limits += Double(limit.limit) * (until - now)
            now = until
            guard next < end else { return figures }
            if next == nextArrival {
                nextArrival = now + exponential(1 / rate)
                if limit.permits(inFlight: running.count + queue.count) {
                    queue.append(now)
                } else {
                    figures.refused += 1
                }
            } else if let first {
                let call = running.remove(at: first)
                figures.completed += 1
                figures.waits += call.started - call.arrived
                limit.observe(
                    ConcurrencySample(
                        roundTrip: .seconds(call.ended - call.arrived),
                        service: tellsService ? .seconds(call.ended - call.started) : nil,
                        inFlight: running.count + queue.count + 1, at: Self.instant(now)))
            }
            start()
        }
    }
}
