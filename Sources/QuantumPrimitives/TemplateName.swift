/// A named template's identity: circuits of one name and version never change.
public struct TemplateName: Hashable, Sendable, CustomStringConvertible {
    /// As in configuration and reports.
    public let name: String
    /// Semantic version: the major number changes with the circuit that the same options make.
    public let version: String

    public var description: String { "\(name)@\(version)" }

    public static let zFeatureMap = TemplateName(name: "z-feature-map", version: "1.0.0")
    public static let zzFeatureMap = TemplateName(name: "zz-feature-map", version: "1.0.0")
    public static let pauliFeatureMap = TemplateName(name: "pauli-feature-map", version: "1.0.0")
    public static let angleEncoding = TemplateName(name: "angle-encoding", version: "1.0.0")
    public static let iqpEncoding = TemplateName(name: "iqp-encoding", version: "1.0.0")
    public static let amplitudeEncoding = TemplateName(name: "amplitude-encoding", version: "1.0.0")
    public static let basisEncoding = TemplateName(name: "basis-encoding", version: "1.0.0")
    public static let realAmplitudes = TemplateName(name: "real-amplitudes", version: "1.0.0")
    public static let efficientSU2 = TemplateName(name: "efficient-su2", version: "1.0.0")
    public static let twoLocal = TemplateName(name: "two-local", version: "1.0.0")
    public static let hardwareEfficient = TemplateName(name: "hardware-efficient", version: "1.0.0")

    /// Every template that this module builds.
    public static let all: [TemplateName] = [
        .zFeatureMap, .zzFeatureMap, .pauliFeatureMap, .angleEncoding, .iqpEncoding,
        .amplitudeEncoding, .basisEncoding, .realAmplitudes, .efficientSU2, .twoLocal,
        .hardwareEfficient,
    ]
}
