private import Glibc

/// Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1, with the
/// paper's β₁ = 0.9, β₂ = 0.999 and ε = 1e-8.
struct Adam {
    let rate: Double
    private var mean: [Double]
    private var square: [Double]
    private var steps = 0.0

    init(count: Int, rate: Double) {
        self.rate = rate
        mean = [Double](repeating: 0, count: count)
        square = mean
    }

    mutating func step(_ weights: inout [Double], _ gradient: [Double]) {
        steps += 1
        let (first, second) = (0.9, 0.999)
        let (meanScale, squareScale) = (1 - pow(first, steps), 1 - pow(second, steps))
        for index in weights.indices {
            let slope = gradient[index]
            mean[index] = first * mean[index] + (1 - first) * slope
            square[index] = second * square[index] + (1 - second) * slope * slope
            let spread = (square[index] / squareScale).squareRoot() + 1e-8
            weights[index] -= rate * (mean[index] / meanScale) / spread
        }
    }
}

/// Rows in random order, so many at a time, round after round in a new order.
struct Minibatches {
    private let rows: [Int]
    private let size: Int
    private let seed: UInt64
    private var epoch: UInt64 = 0
    private var order: [Int] = []

    init(rows: [Int], size: Int, seed: UInt64) {
        self.rows = rows
        self.size = min(size, rows.count)
        self.seed = seed
    }

    /// `size` distinct rows; a round's last few that make no whole batch are left out of it.
    mutating func next() -> [Int] {
        if order.count < size {
            order = StratifiedSplit.shuffled(rows, seed: seed &+ epoch)
            epoch += 1
        }
        defer { order.removeFirst(size) }
        return Array(order.prefix(size))
    }
}
