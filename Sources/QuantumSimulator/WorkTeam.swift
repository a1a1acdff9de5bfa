import Dispatch
import Synchronization

/// Members that work on one batch, each on a thread of its own.
///
/// They take one run of whole blocks after another. Which member took what shows nowhere, because a
/// record's results do not depend on its place. Two callers of a team take turns, run by run.
final class WorkTeam<Member: ~Copyable>: Sendable {
    let seats: [Seat]

    final class Seat: Sendable {
        let member: Mutex<Member>

        init(_ member: consuming sending Member) { self.member = Mutex(member) }
    }

    init(_ seats: [Seat]) { self.seats = seats }

    var workers: Int { seats.count }

    /// Runs are handed out by a counter; each worker's results are copied out under one lock, which
    /// takes a hundredth of the time of finding them.
    ///
    /// - Parameters:
    ///   - width: parameters of a record.
    ///   - empty: stands in for the output meanwhile.
    func share<Output: Sendable>(
        _ parameters: [Double], width: Int, _ count: Int, _ output: inout Output, empty: Output,
        _ work:
            @Sendable (
                inout Member, [Double], Range<Int>, borrowing SharedOutput<Output>
            ) throws(SimulationError) -> Void
    ) throws(SimulationError) {
        let seats = seats
        let runs = BatchTeam.runs(count, workers: seats.count)
        var taken: Output? = output
        output = empty
        let shared = SharedOutput(&taken)
        let next = Mutex(0)
        let problem = Mutex<SimulationError?>(nil)
        let take = { @Sendable () -> Int? in
            next.withLock { number in
                guard number < runs.count else { return nil }
                defer { number += 1 }
                return number
            }
        }
        DispatchQueue.concurrentPerform(iterations: min(seats.count, runs.count)) { index in
            seats[index].member.withLock { member in
                while let number = take() {
                    let run = runs[number]
                    let rows = Array(parameters[run.lowerBound * width..<run.upperBound * width])
                    do throws(SimulationError) {
                        try work(&member, rows, run, shared)
                    } catch {
                        problem.withLock { $0 = error }
                        return
                    }
                }
            }
        }
        if let filled = shared.giveBack() { output = filled }
        if let problem = problem.withLock({ $0 }) { throw problem }
    }
}

/// Results while several threads write to them.
struct SharedOutput<Output: Sendable>: ~Copyable, Sendable {
    private let output: Mutex<Output?>

    /// Takes the results out of where they are, so that writing to them copies nothing.
    init(_ taken: inout Output?) {
        var own: Output?
        swap(&own, &taken)
        output = Mutex(own)
    }

    func giveBack() -> Output? {
        output.withLock { own in
            defer { own = nil }
            return own
        }
    }

    func update(_ body: (inout Output) -> Void) {
        output.withLock { own in
            guard var filled = own.take() else { return }
            body(&filled)
            own = filled
        }
    }
}

extension Array {
    /// Overwrites the rows of a range of records.
    mutating func fill(_ records: Range<Int>, from part: [Element]) {
        guard !records.isEmpty else { return }
        let width = part.count / records.count
        let row = records.lowerBound * width
        replaceSubrange(row..<row + part.count, with: part)
    }
}
