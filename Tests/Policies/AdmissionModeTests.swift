import Contracts
import Determinism
import Policies
import Testing

@Suite("Who may, and in which mode")
struct AdmissionModeTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)
    private let idle = DeviceForecast(
        predictedWait: .zero, serviceTime: .milliseconds(2), queueDepth: 0, state: .online,
        statusAge: .zero)

    private func decide(
        id: UInt64 = 1, tenant: String? = nil, budget: TimeSpan = .seconds(Int64(1)),
        _ edit: (inout AdmissionPolicy) -> Void
    ) -> AdmissionDecision {
        var policy = AdmissionPolicy()
        policy.mode = .live
        edit(&policy)
        var request = AdmissionRequest(
            classicalScore: 0.5, now: now, deadline: now + budget, idHash: StableHash.mix(id))
        request.tenant = tenant.map { AdmissionPolicy.tenantKey($0.utf8) }
        var state = AdmissionState(policy: policy, now: now)
        return AdmissionController.decide(
            request, idle, killSwitch: false, policy: policy, state: &state)
    }

    @Test("A record is told the mode that holds for it", arguments: [Mode.off, .shadow, .live])
    func modes(mode: Mode) {
        let decision = decide { $0.mode = mode }
        #expect(decision.mode == mode && decision.admitted == (mode != .off))
    }

    @Test("A canary makes its share of the records live and the others shadow")
    func canary() {
        func live(_ share: Double) -> Set<UInt64> {
            Set(
                (0..<4_000).filter { id in
                    let mode = decide(id: id) {
                        $0.mode = .canary
                        $0.canaryShare = share
                    }.mode
                    #expect(mode == .live || mode == .shadow)
                    return mode == .live
                })
        }
        let (few, more) = (live(0.1), live(0.3))
        // Four standard errors of a binomial share of 4,000.
        #expect(abs(Double(few.count) / 4_000 - 0.1) < 0.019)
        #expect(abs(Double(more.count) / 4_000 - 0.3) < 0.029)
        #expect(few.isSubset(of: more) && few == live(0.1))
        #expect(live(0).isEmpty && live(1).count == 4_000)
    }

    @Test("The deadline binds the live records of a canary only")
    func canaryDeadline() {
        for id in 0..<UInt64(100) {
            let decision = decide(id: id, budget: .zero) {
                $0.mode = .canary
                $0.canaryShare = 0.5
            }
            #expect(decision.admitted == (decision.mode == .shadow))
        }
    }

    @Test("The records of a canary are not those that sampling draws")
    func independence() {
        var both = 0
        for id in 0..<UInt64(4_000) {
            let decision = decide(id: id) {
                $0.mode = .canary
                $0.canaryShare = 0.5
                $0.insideFraction = 0.5
            }
            both += decision.mode == .live && decision.admitted ? 1 : 0
        }
        #expect(abs(Double(both) / 4_000 - 0.25) < 0.028)
    }

    @Test("Other tenants, and records without one, are ineligible where tenants are listed")
    func tenants() {
        let listed: (inout AdmissionPolicy) -> Void = {
            $0.tenants = [AdmissionPolicy.tenantKey("acme".utf8)]
        }
        #expect(decide(tenant: "acme", listed).admitted)
        #expect(decide(tenant: "other", listed).reason == .ineligible)
        #expect(decide(listed).reason == .ineligible)
        #expect(decide { _ in }.admitted && decide(tenant: "any") { _ in }.admitted)
    }

    @Test("Where an environment makes no quantum calls, every record is ineligible")
    func environment() {
        #expect(decide { $0.isEnvironmentAllowed = false }.reason == .ineligible)
    }
}
