import Foundation
import Models
import Policies
import TestSupport
import Testing

@testable import tandem

/// The real scorers on the shipped records: three seeds, few orders of arrival.
@Suite("Admission by expected value")
struct WorthStudyTests {
    private func study(_ scorer: WorthScorer) throws -> WorthStudy {
        let path = Repository.root.appending(path: "fixtures/breast-cancer/breast-cancer.csv")
        let table = try CSVTable.read(
            path: path.path(percentEncoded: false), labelColumn: "malignant", excluding: [])
        var settings = WorthSettings()
        settings.referenceValue = 50
        var study = WorthStudy(
            table: table, seeds: [1, 2, 3], scorers: [scorer], settings: settings, price: 1.2216,
            value: 50, share: 0.2, orders: 5)
        study.folds = 3
        try study.run()
        return study
    }

    private func rows(_ study: WorthStudy, _ policy: WorthPolicy) -> [WorthStudy.Row] {
        study.rows.filter { $0.policy == policy }
    }

    @Test("corrects more wrong decisions of a weak scorer than a lot or first come, at equal spend")
    func weakScorer() throws {
        let study = try study(.weak)
        let chosen = rows(study, .expectedValue)
        for other in [WorthPolicy.random, .firstCome] {
            for (own, others) in zip(chosen, rows(study, other)) {
                #expect(own.spend == others.spend && own.calls > 60)
                #expect(own.net > 1.2 * others.net, "\(other), seed \(own.seed): \(own) \(others)")
            }
        }
        #expect(chosen.count == 3 && Set(chosen.map(\.net)).count == 3)
    }

    @Test("keeps nearly all of its budget beside a scorer that the quantum verdict only harms")
    func strongScorer() throws {
        let study = try study(.strong)
        for ground in study.grounds { #expect(ground.wrongFlips > 2 * ground.rightFlips) }
        for (own, others) in zip(rows(study, .onlyIfWorth), rows(study, .random)) {
            #expect(own.spend < 0.2 * others.spend && own.calls > 0)
        }
    }

    @Test("gives the same figures for the same seeds")
    func deterministic() throws {
        let (first, second) = (try study(.weak), try study(.weak))
        #expect(first.rows.map(\.net) == second.rows.map(\.net))
    }
}
