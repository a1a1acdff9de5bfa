public import Contracts
import Determinism
internal import Models

/// Stage 2: standardises, clips and projects; attaches the classical score.
///
/// features → reduced. The classical score is the record's own, or else the built-in baseline's. A
/// record is reduced by the model version that checked it, so that a change of model under way mixes
/// nothing; one of a version that is not known here is rejected.
public struct ReductionStage: Stage {
    public let name = StageName.reduction
    public private(set) var counters = StageCounters()

    private let parser = JSONParser()
    private var features = FeaturesMessage()
    private var reduced = ReducedMessage()
    private var standardised: [Double] = []

    public init() {}

    public mutating func process(
        _ batch: borrowing InboundBatch, _ context: StageContext, into out: inout OutboundBatch
    ) {
        guard context.control.model != nil else { return }
        for index in 0..<batch.count {
            counters.received += 1
            do throws(ContractViolation) {
                try features.read(batch.value(index) ?? .absent, with: parser)
                guard let model = context.control.model(named: features.model) else {
                    throw ContractViolation(
                        .unknownModel,
                        "model '\(features.model.excerpt(120))' is not on the models topic")
                }
                try reduce(model)
                out.emit(
                    to: .reduced, key: reduced.id, headers: batch.messages[index].headers, reduced)
                counters.emitted += 1
            } catch {
                out.reject(batch, index, by: name, because: error)
                counters.rejected += 1
            }
        }
    }

    private mutating func reduce(_ model: ActiveModel) throws(ContractViolation) {
        guard features.features.count == model.reduction.featureCount else {
            throw ContractViolation(
                .featureCount,
                "the record has \(features.features.count) features, model \(model.identity.slice.string) "
                    + "has \(model.reduction.featureCount)")
        }
        Self.project(
            features.features, model, standardised: &standardised, components: &reduced.components)
        reduced.id = features.id
        reduced.receivedAt = features.receivedAt
        reduced.model = model.identity.slice
        reduced.context = features.context
        if let own = features.classicalScore {
            reduced.classicalScore = own
            reduced.classicalModel = .record
        } else {
            reduced.classicalScore = model.bundle.baseline.score(standardised.span)
            reduced.classicalModel = .baseline
        }
    }

    /// Separate arguments, so that the three arrays are accessed apart.
    private static func project(
        _ features: [Double], _ model: ActiveModel, standardised: inout [Double],
        components: inout [Double]
    ) {
        model.reduction.reduce(
            features.span, standardised: &standardised, components: &components)
    }
}
