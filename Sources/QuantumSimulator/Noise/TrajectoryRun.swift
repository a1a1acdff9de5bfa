import Synchronization

/// All trajectories of one call, sorted into blocks of eight by where they depart from the shared
/// run.
struct TrajectoryRun {
    let program: TrajectoryProgram
    let draws: TrajectoryDraws
    /// Trajectories that never depart.
    let undisturbed: [Int]
    /// The others by their first departure, then by number.
    private let departing: [(trajectory: Int, event: Int)]

    init(_ program: TrajectoryProgram, _ draws: TrajectoryDraws, trajectories: Int) {
        self.program = program
        self.draws = draws
        let limits = Self.firstProbabilities(program)
        var (undisturbed, departing) = ([Int](), [(trajectory: Int, event: Int)]())
        for trajectory in 0..<trajectories {
            if let event = draws.firstAbove(limits, trajectory) {
                departing.append((trajectory, event))
            } else {
                undisturbed.append(trajectory)
            }
        }
        departing.sort { ($0.event, $0.trajectory) < ($1.event, $1.trajectory) }
        (self.undisturbed, self.departing) = (undisturbed, departing)
    }

    /// Probability of every event's first operator, given that all before took theirs.
    private static func firstProbabilities(_ program: TrajectoryProgram) -> [Double] {
        var shared = TrajectoryLanes(program)
        var result: [Double] = []
        while let event = shared.advance() {
            result.append(shared.stepAlong(program.events[event]))
        }
        return result
    }

    private var blockCount: Int {
        (departing.count + TrajectoryLanes.lanes - 1) / TrajectoryLanes.lanes
    }

    /// Runs every block to its end and reads it.
    ///
    /// - Parameter read: is given eight final states and the trajectory of each lane; of the
    ///   undisturbed ones, all of them and one state in every lane.
    /// - Returns: what was read from the blocks in their order, the undisturbed ones last.
    func map<Result: Sendable>(
        threads: Int,
        _ read: (borrowing TrajectoryLanes, [Int]) -> Result
    ) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: blockCount + 1))
        Threads.forEach(threads, threads: threads) { thread in
            var shared = TrajectoryLanes(program)
            var lanes = TrajectoryLanes(program)
            for block in stride(from: thread, to: blockCount, by: threads) {
                let members = members(of: block)
                follow(&shared, to: departing[block * TrajectoryLanes.lanes].event)
                lanes.copy(shared)
                finish(&lanes, members)
                let result = read(lanes, members)
                results.withLock { $0[block] = result }
            }
            if thread == blockCount % threads && !undisturbed.isEmpty {
                follow(&shared, to: program.events.count)
                let result = read(shared, undisturbed)
                results.withLock { $0[blockCount] = result }
            }
        }
        return results.withLock { $0.compactMap { $0 } }
    }

    private func members(of block: Int) -> [Int] {
        let first = block * TrajectoryLanes.lanes
        let end = min(first + TrajectoryLanes.lanes, departing.count)
        return departing[first..<end].map(\.trajectory)
    }

    /// Takes every first operator up to an event.
    private func follow(_ shared: inout TrajectoryLanes, to event: Int) {
        while let next = shared.advance(), next < event {
            _ = shared.stepAlong(program.events[next])
        }
    }

    /// Lanes without a member repeat the last one.
    private func finish(_ lanes: inout TrajectoryLanes, _ members: [Int]) {
        while let number = lanes.advance() {
            let event = program.events[number]
            let probabilities = lanes.probabilities(event)
            var words = SIMD8<Double>()
            for lane in 0..<TrajectoryLanes.lanes {
                words[lane] =
                    lane < members.count ? draws.draw(members[lane], number) : words[lane - 1]
            }
            let chosen = TrajectoryLanes.choose(probabilities, words)
            lanes.take(chosen, event, probabilities)
        }
    }
}

extension TrajectoryLanes {
    /// Takes the first operator in every lane; returns its probability.
    mutating func stepAlong(_ event: TrajectoryProgram.Event) -> Double {
        let probabilities = probabilities(event)
        take([Int](repeating: 0, count: Self.lanes), event, probabilities)
        return probabilities[0][0]
    }
}
