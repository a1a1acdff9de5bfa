import Models
import Stages

/// A model bundle from `models` or a file: refused with a reason, or written again as it was read and
/// fit to score any record.
///
/// A bundle whose content does not hash to its version is refused, and so is almost every mutation:
/// such a one is tried once more with the version that it should have.
@Sendable public func fuzzBundle(_ bytes: [UInt8]) -> FuzzOutcome {
    do {
        return try outcome(ModelBundle(decoding: bytes))
    } catch ModelBundleError.versionMismatch(let claimed, let actual) {
        guard !claimed.isEmpty else { return .refused }
        let text = String(decoding: bytes, as: UTF8.self)
        let mended = text.replacing("\"\(claimed)\"", with: "\"\(actual)\"")
        guard let bundle = try? ModelBundle(decoding: Array(mended.utf8)) else {
            return .refused
        }
        return outcome(bundle)
    } catch {
        let words = "\(error)"
        return words.isEmpty || words.contains("\n")
            ? .broken("the reason is '\(words)'") : .refused
    }
}

private func outcome(_ bundle: ModelBundle) -> FuzzOutcome {
    do {
        let written = try bundle.encoded()
        let again = try ModelBundle(decoding: written)
        guard again == bundle, try again.encoded() == written else {
            return .broken("what it writes is read as something else")
        }
    } catch {
        return .broken("what it writes is refused: \(error)")
    }
    _ = ActiveModel(bundle)
    return scores(bundle).map { .broken($0) } ?? .held
}

/// Scores of extreme records are numbers: JSON has no others, and no stage may end on one.
private func scores(_ bundle: ModelBundle) -> String? {
    let reduction = bundle.reduction()
    let encoding = bundle.angleEncoding()
    for value in [0, 1, -1, 1e300, -1e300, Double.leastNonzeroMagnitude] {
        let features = [Double](repeating: value, count: bundle.features.count)
        var standardised: [Double] = []
        var components: [Double] = []
        reduction.reduce(
            features.span, standardised: &standardised, components: &components)
        let baseline = bundle.baseline.score(standardised.span)
        guard (0...1).contains(baseline) else {
            return "the baseline scores \(value) as \(baseline)"
        }
        guard components.allSatisfy(\.isFinite) else {
            return "components of \(value): \(components)"
        }
        let angles = encoding.encode(components)
        guard angles.allSatisfy(\.isFinite) else { return "angles of \(value): \(angles)" }
    }
    for sign in [1.0, -1.0] {
        let expectations = bundle.head.weights.map { $0 < 0 ? -sign : sign }
        let score = bundle.head.score(expectations.span)
        guard (0...1).contains(score) else { return "the head scores as \(score)" }
    }
    return nil
}
