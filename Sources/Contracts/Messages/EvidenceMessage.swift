public import Determinism

/// What the labels say of the quantum path, at any time and without error but for a stated
/// probability.
public enum EvidenceVerdict: String, Sendable, CaseIterable, Codable {
    /// Nothing is shown yet.
    case undecided
    /// It makes more right decisions than the classical path.
    case better
    /// What it adds, if anything, is below the margin: spending on it should stop.
    case noBetter
    /// It makes fewer right decisions than the classical path.
    case worse
}

/// `evidence`: what compared pairs of one partition of `verdicts` have shown of a model version, keyed
/// by model name and partition; the partition's next owner goes on from it.
///
/// All numbers are sums: those of several partitions add up, once faded to one instant. Some 8 KB at
/// most.
public struct EvidenceMessage: TopicMessage, Sendable, Equatable {
    /// `name@version`; another version's evidence takes its place.
    public var model = ""
    public var partition = 0
    /// The instant at which the sums are worth what they say.
    public var at = Timestamp(microseconds: 0)
    /// After so long a pair counts half.
    public var halfLifeMilliseconds = 0
    /// Log-odds that one bin covers; half of the bins lie on each side of the threshold.
    public var binWidth = 0.0

    /// By bin: Σ w and Σ w² over pairs, w = 1/propensity.
    public var weight: [Double] = []
    public var squares: [Double] = []
    /// Σ w over pairs whose live decision differs from the classical one.
    public var flips: [Double] = []
    /// Σ w over flips that a label showed right, and wrong, and Σ w² over both.
    public var right: [Double] = []
    public var wrong: [Double] = []
    public var labelledSquares: [Double] = []

    /// Right decisions a call must add to be worth going on, and the bound on a wrong verdict.
    public var margin = 0.0
    public var alpha = 0.0
    /// Labelled pairs; nothing of the following fades.
    public var labelled = 0
    /// Σ benefit, Σ benefit² and Σ (benefit − prediction)²: 1 for a right flip, −1 for a wrong one.
    public var benefit = 0.0
    public var benefitSquares = 0.0
    public var benefitVariation = 0.0
    /// Logarithms of the wealth of bettors against "at most 0", "at least 0", "at least `margin`".
    public var logBetter = 0.0
    public var logWorse = 0.0
    public var logNoBetter = 0.0
    /// What this partition's labels alone show.
    public var verdict = EvidenceVerdict.undecided

    /// More bins than any version has used.
    public static let maximumBins = 256

    public init() {}

    private static let names = FieldNames(
        "model", "partition", "atMs", "halfLifeMs", "binWidth", "weight", "squares", "flips",
        "right", "wrong", "labelledSquares", "margin", "alpha", "labelled", "benefit",
        "benefitSquares", "benefitVariation", "logBetter", "logWorse", "logNoBetter", "verdict")

    public mutating func read(_ object: JSONValue) throws(ContractViolation) {
        var fields = FieldCursor(Self.names)
        try object.forEachMember { (key, value) throws(ContractViolation) in
            guard let field = try fields.next(key) else { return }
            switch field {
            case 0: model = try value.requireString("model").string
            case 1: partition = try value.requireCount("partition", most: Int(Int32.max))
            case 2: at = try value.requireMilliseconds("atMs")
            case 3: halfLifeMilliseconds = try value.requireCount("halfLifeMs", most: 1 << 48)
            case 4: binWidth = try value.requireNumber("binWidth")
            case 5...10: try readBins(field, value)
            case 20: verdict = try value.requireCase("verdict")
            default: try readBenefit(field, value)
            }
        }
        try fields.require(first: 21)
        guard
            [squares, flips, right, wrong, labelledSquares].allSatisfy({
                $0.count == weight.count
            })
        else { throw ContractViolation(.outOfRange, "the bins' sums differ in number") }
    }

    private mutating func readBins(_ field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 5: try value.requireSums("weight", into: &weight)
        case 6: try value.requireSums("squares", into: &squares)
        case 7: try value.requireSums("flips", into: &flips)
        case 8: try value.requireSums("right", into: &right)
        case 9: try value.requireSums("wrong", into: &wrong)
        default: try value.requireSums("labelledSquares", into: &labelledSquares)
        }
    }

    private mutating func readBenefit(_ field: Int, _ value: JSONValue) throws(ContractViolation) {
        switch field {
        case 11: margin = try value.requireProbability("margin")
        case 12: alpha = try value.requireProbability("alpha")
        case 13: labelled = try value.requireCount("labelled", most: 1 << 53)
        case 14: benefit = try value.requireNumber("benefit")
        case 15: benefitSquares = try value.requireNumber("benefitSquares")
        case 16: benefitVariation = try value.requireNumber("benefitVariation")
        case 17: logBetter = try value.requireNumber("logBetter")
        case 18: logWorse = try value.requireNumber("logWorse")
        default: logNoBetter = try value.requireNumber("logNoBetter")
        }
    }

    public func write(into out: inout ByteWriter) {
        out.beginObject()
        out.member("model", model)
        out.member("partition", partition)
        out.member("atMs", Int(at.milliseconds))
        out.member("halfLifeMs", halfLifeMilliseconds)
        out.member("binWidth", binWidth)
        out.member("weight", numbers: weight)
        out.member("squares", numbers: squares)
        out.member("flips", numbers: flips)
        out.member("right", numbers: right)
        out.member("wrong", numbers: wrong)
        out.member("labelledSquares", numbers: labelledSquares)
        out.member("margin", margin)
        out.member("alpha", alpha)
        out.member("labelled", labelled)
        out.member("benefit", benefit)
        out.member("benefitSquares", benefitSquares)
        out.member("benefitVariation", benefitVariation)
        out.member("logBetter", logBetter)
        out.member("logWorse", logWorse)
        out.member("logNoBetter", logNoBetter)
        out.member("verdict", verdict.rawValue)
        out.endObject()
    }
}

extension JSONValue {
    /// A whole number from 0.
    fileprivate func requireCount(_ field: StaticString, most: Int) throws(ContractViolation) -> Int
    {
        let value = try requireInteger(field)
        guard (0...most).contains(value) else {
            throw ContractViolation(
                .outOfRange, "field '\(field)' is \(value); it must be 0 to \(most)")
        }
        return value
    }

    /// One sum for each bin, none below 0.
    fileprivate func requireSums(
        _ field: StaticString, into target: inout [Double]
    ) throws(ContractViolation) {
        try requireNumbers(field, into: &target)
        guard (1...EvidenceMessage.maximumBins).contains(target.count),
            target.allSatisfy({ $0 >= 0 })
        else {
            throw ContractViolation(
                .outOfRange,
                "field '\(field)' must be 1 to \(EvidenceMessage.maximumBins) numbers from 0")
        }
    }
}
