import Determinism
import Stages
import Testing

@testable import Configuration
@testable import tandem

@Suite("Stages as configured")
struct StageFactoryTests {
    @Test("learn from pairs as the shadow section says, at its bounds too")
    func evidence() throws {
        let defaults = StageFactory.evidence(ShadowConfiguration())
        #expect(defaults == EvidenceSettings())
        var source = ShadowConfiguration()
        source.evidenceSeconds = 0.25
        source.halfLifeDays = 0.5
        source.margin = 0.01
        source.alpha = 0.1
        source.unlabelledPairs = 7
        let settings = StageFactory.evidence(source)
        #expect(settings.interval == .milliseconds(250))
        #expect(settings.halfLife == .seconds(43_200 as Int64))
        #expect(settings.margin == 0.01 && settings.alpha == 0.1)
        #expect(settings.maximumUnlabelled == 7)
        for key in ["evidenceSeconds", "halfLifeDays", "margin", "alpha", "unlabelledPairs"] {
            let setting = try #require(Settings.setting("shadow.\(key)"))
            for value in setting.bounds {
                var configuration = TandemConfiguration()
                #expect(setting.assign(value, to: &configuration))
                try StageFactory.evidence(configuration.shadow).validate()
            }
        }
    }
}

extension Setting {
    /// The smallest and the largest value of a number.
    fileprivate var bounds: [ConfigurationValue] {
        switch type {
        case .number(let range): [.number(range.lowerBound), .number(range.upperBound)]
        case .integer(let range):
            [.integer(range.lowerBound), .integer(range.upperBound)]
        default: []
        }
    }
}
