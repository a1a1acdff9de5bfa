/// What a question's rates come to, and the largest rate that can be carried.
public enum CapacityAnswer {
    /// Steps of the search: the rate is known to a thousandth or so.
    public static let steps = 16

    /// One rate, as exactly as it can be done.
    public static func point(_ question: CapacityQuestion, rate: Double) -> CapacityPoint {
        var run = CapacityRun(
            question, rate: rate, method: CapacityRun.method(question, rate: rate))
        return run.run()
    }

    /// The largest rate at which at least `share` of the worthwhile records have their result in
    /// time, by bisection of its logarithm; nil where no rate down to a record in a hundred seconds
    /// does, infinite where a billion a second do.
    ///
    /// - Parameter progress: gets each rate tried.
    public static func carrying(
        _ question: CapacityQuestion, share: Double, progress: (Int, Int) -> Void = { _, _ in }
    ) -> Double? {
        var (low, high) = (0.01, 1e9)
        let most = CapacityRun.carriable(question) / question.worthwhile
        // More than twice what servers and budget can do cannot be carried.
        if most.isFinite { high = max(min(high, most * 2.2), low * 2) }
        func carries(_ rate: Double) -> Bool { point(question, rate: rate).carried >= share }
        if carries(high) { return high >= 1e9 ? .infinity : high }
        if most.isFinite { low = max(low, most / 1_000) }
        if !carries(low) {
            low = 0.01
            guard carries(low) else { return nil }
        }
        for step in 0..<steps {
            progress(step, steps)
            let middle = (low * high).squareRoot()
            if carries(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
