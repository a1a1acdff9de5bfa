/// A sum whose rounding error does not grow with the number of terms (Neumaier, ZAMM 54, 1974).
struct CompensatedSum: Equatable, Sendable {
    private var sum = 0.0
    private var correction = 0.0

    mutating func add(_ term: Double) {
        let total = sum + term
        correction += abs(sum) >= abs(term) ? (sum - total) + term : (term - total) + sum
        sum = total
    }

    var value: Double { sum + correction }
}
