import Contracts
import Determinism
import Policies
import Testing

/// A join whose payloads are plain numbers.
typealias TestJoin = FallbackJoin<Int, Int>

let epoch = Timestamp(milliseconds: 1_700_000_000_000)

func key(_ number: Int) -> RecordKey { RecordKey(id: "record-\(number)") }

func verdict(
    score: Double = 0.25, budget: TimeSpan = .milliseconds(100), mode: Mode = .live,
    admission: ReasonCode = .accepted
) -> ClassicalVerdict {
    ClassicalVerdict(score: score, deadline: epoch + budget, mode: mode, admission: admission)
}

extension FallbackAction {
    var emitted: FallbackScore<Classical, Quantum>? {
        if case .emit(let score) = self { score } else { nil }
    }

    var held: Timestamp? {
        if case .hold(let until) = self { until } else { nil }
    }

    var isKept: Bool {
        if case .keep = self { true } else { false }
    }

    var dropped: FallbackDrop? {
        if case .drop(let drop) = self { drop } else { nil }
    }
}

/// Every outcome with the score, source and reason that it must lead to.
let outcomes: [(outcome: QuantumOutcome, score: Double, source: ScoreSource, reason: ReasonCode)] =
    [
        (.use(score: 0.9), 0.9, .quantum, .accepted),
        (.blend(score: 0.6), 0.6, .blend, .blended),
        (.reject(.lowConfidence), 0.25, .classical, .lowConfidence),
        (.reject(.disagreement), 0.25, .classical, .disagreement),
        (.failed, 0.25, .classical, .backendFailed),
    ]
