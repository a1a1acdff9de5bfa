/// The raw values of an enumeration as bytes, to be matched without making a string.
public struct WireNames<Case: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
    private let names: [[UInt8]]
    private let cases: [Case]

    public init() {
        cases = Array(Case.allCases)
        names = cases.map { Array($0.rawValue.utf8) }
    }

    /// The case with this raw value, or nil.
    func match(_ text: ByteSlice) -> Case? {
        for index in names.indices where text.equals(names[index]) { return cases[index] }
        return nil
    }
}

/// An enumeration whose raw values stand in messages.
public protocol WireCase: RawRepresentable<String>, CaseIterable, Sendable {
    static var wireNames: WireNames<Self> { get }
}

extension ReasonCode: WireCase { public static let wireNames = WireNames<ReasonCode>() }
extension Mode: WireCase { public static let wireNames = WireNames<Mode>() }
extension ScoreSource: WireCase { public static let wireNames = WireNames<ScoreSource>() }
extension Priority: WireCase { public static let wireNames = WireNames<Priority>() }
extension DataClass: WireCase { public static let wireNames = WireNames<DataClass>() }
extension VerdictAction: WireCase { public static let wireNames = WireNames<VerdictAction>() }
extension DeviceState: WireCase { public static let wireNames = WireNames<DeviceState>() }
extension EvidenceVerdict: WireCase {
    public static let wireNames = WireNames<EvidenceVerdict>()
}
extension ClassicalModel: WireCase { public static let wireNames = WireNames<ClassicalModel>() }
extension VerdictKind: WireCase { public static let wireNames = WireNames<VerdictKind>() }
extension MeasurementMessage.Status: WireCase {
    public static let wireNames = WireNames<MeasurementMessage.Status>()
}
extension LedgerMessage.State: WireCase {
    public static let wireNames = WireNames<LedgerMessage.State>()
}
extension ControlMessage.Setting: WireCase {
    public static let wireNames = WireNames<ControlMessage.Setting>()
}
extension Downgrade: WireCase { public static let wireNames = WireNames<Downgrade>() }
extension DeviceOutcome.Status: WireCase {
    public static let wireNames = WireNames<DeviceOutcome.Status>()
}
extension DeviceClosure.Kind: WireCase {
    public static let wireNames = WireNames<DeviceClosure.Kind>()
}
extension FallbackStateMessage.State: WireCase {
    public static let wireNames = WireNames<FallbackStateMessage.State>()
}
