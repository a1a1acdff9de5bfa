import Configuration
import Contracts
import Testing

@Suite("A policy file")
struct AdmissionPolicyFileTests {
    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try AdmissionPolicyFile(text, fileName: "new.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("changes the keys that it sets, and no other")
    func layers() throws {
        var base = TandemConfiguration()
        base.admission.minimumValue = 7
        base.admission.maximumInFlight = 12
        base.latencyBudgetMs = 99
        let file = try AdmissionPolicyFile(
            "mode: live\nadmission:\n  uncertaintyBand: [0.2, 0.8]\n  maximumInFlight: 4\n",
            fileName: nil)
        #expect(
            file.keys == ["admission.maximumInFlight", "admission.uncertaintyBand", "mode"])
        #expect(file.sets("mode") && !file.sets("admission.burst"))
        var wanted = base
        wanted.mode = .live
        wanted.admission.uncertaintyBand = ScoreInterval(low: 0.2, high: 0.8)
        wanted.admission.maximumInFlight = 4
        #expect(file.applied(to: base) == wanted)
        #expect(try AdmissionPolicyFile("", fileName: nil).applied(to: base) == base)
    }

    @Test("is refused with every mistake of a configuration, and for keys that are not admission's")
    func mistakes() {
        #expect(problems("admission:\n  minimumValu: 3\n")[0].contains("minimumValue"))
        #expect(problems("admission:\n  uncertaintyBand: [0.8, 0.2]\n").count == 1)
        let foreign = problems(
            "admission:\n  minimumValue: 3\nfallback:\n  deduplicationSeconds: 3\n")
        #expect(foreign.count == 1)
        #expect(foreign[0].contains("'fallback.deduplicationSeconds' at line 4"))
    }
}
