import Determinism

/// Who is served next: start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996).
///
/// A job's start tag is the later of the virtual time and its tenant's last finish tag; its finish
/// tag is its service divided by the tenant's weight after that. The least start tag goes first, and
/// virtual time is the tag of the job that started last. While two tenants both wait, their service
/// per weight differs by one job of each at most, whatever either of them sends.
///
/// Tags of waiting jobs are assigned when they come to the head of their tenant's queue, which gives
/// the same values, so that a job taken off the queue is not charged.
struct FairShare {
    private var virtualTime = 0.0
    private var finish: [Double]
    private var headStart: [Double]
    private let weights: [Double]

    init(weights: [Double]) {
        self.weights = weights
        finish = [Double](repeating: 0, count: weights.count)
        headStart = finish
    }

    /// The start tag of the job at the head of the tenant's queue.
    func tag(_ tenant: Int) -> Double { headStart[tenant] }

    /// A tenant without waiting jobs gets one.
    mutating func arrive(_ tenant: Int) {
        headStart[tenant] = max(virtualTime, finish[tenant])
    }

    /// The tenant's first job starts.
    mutating func start(_ tenant: Int, service: TimeSpan) {
        virtualTime = max(virtualTime, headStart[tenant])
        finish[tenant] = headStart[tenant] + service.inSeconds / weights[tenant]
        headStart[tenant] = finish[tenant]
    }

    /// Nobody is served and nobody waits: earlier service is forgotten.
    mutating func idle() {
        virtualTime = finish.reduce(virtualTime) { max($0, $1) }
    }

    /// A tenant's weight relative to another's.
    func ratio(_ tenant: Int, to other: Int) -> Double { weights[tenant] / weights[other] }
}
