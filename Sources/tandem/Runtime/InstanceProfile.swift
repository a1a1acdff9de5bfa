import Configuration
import Contracts
import Determinism
import Policies
import Stages

/// What a stage tells of itself beside the settings that it has in force.
struct InstanceProfile {
    let stage: StageName
    var budgets: [String] = []
    var limits: [String] = []
    var tenants: [String] = []
    /// Of admission: what its policy under an operator's settings follows from.
    private var settings: AdmissionSettings?

    /// Nil for a stage that obeys no operator's setting.
    init?(of stage: StageName, _ configuration: TandemConfiguration) throws {
        let obeys = ControlMessage.Setting.allCases.contains { $0.obeyedBy.contains(stage) }
        guard obeys else { return nil }
        self.stage = stage
        guard stage == .admission else { return }
        let admission = configuration.admission
        settings = try StageFactory.admission(configuration)
        budgets = admission.budgets.map(\.name)
        limits = ["rate", "concurrency"] + (admission.shares.isOn ? ["weight"] : [])
        tenants = admission.tenants
    }

    func policy(under control: ControlSnapshot) -> UInt64? {
        settings.map { PolicyFingerprint.of($0.policy(under: control)) }
    }
}

/// A stage's voice on `instances`: the stage's thread speaks, the reporter's writes.
struct StagePresence {
    private let profile: InstanceProfile
    private let reporter: InstanceReporter

    init(_ profile: InstanceProfile, _ reporter: InstanceReporter) {
        self.profile = profile
        self.reporter = reporter
    }

    /// Says what the stage has in force from an instant on.
    func announce(_ control: ControlSnapshot, since: Timestamp) {
        var message = InstanceMessage()
        message.stage = profile.stage
        message.control = control.controlVersion
        message.since = since
        message.policy = profile.policy(under: control)
        message.budgets = profile.budgets
        message.limits = profile.limits
        message.tenants = profile.tenants
        reporter.announce(message)
    }

    /// The stage has ended: nobody need wait for it.
    func withdraw() { reporter.withdraw(profile.stage) }
}
