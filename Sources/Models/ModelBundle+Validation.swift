extension ModelBundle {
    /// Checks every invariant but the version: shapes that fit each other, finite numbers, ranges.
    func validate() throws(ModelBundleError) {
        guard formatVersion == Self.currentFormat else {
            throw .unsupportedFormat(version: formatVersion, supported: Self.currentFormat)
        }
        try Require.that(
            Self.isName(name), "name", "'\(name)' is not 1–64 of a–z, 0–9, '-', '_', '.'")
        try features.validate("features")
        try validateReduction()
        try baseline.validate("baseline")
        try Require.count(baseline.weights, features.count, "baseline.weights")
        try validateQuantum()
        try thresholds.validate("thresholds")
        try controls.surrogate.validate("controls.surrogate", qubits: circuit.qubits)
        try controls.withoutEntanglement.validate(
            "controls.withoutEntanglement", qubits: circuit.qubits)
        try Require.that(
            datasetHash.utf8.count == 16 && datasetHash.utf8.allSatisfy(Self.isHexadecimal),
            "datasetHash", "'\(datasetHash)' is not 16 hexadecimal digits")
        try metrics.validate("metrics")
    }

    private func validateReduction() throws(ModelBundleError) {
        try scaler.validate("scaler")
        try Require.count(scaler.mean, features.count, "scaler.mean")
        try pca.validate("pca")
        try Require.count(pca.mean, features.count, "pca.mean")
    }

    private func validateQuantum() throws(ModelBundleError) {
        try circuit.validate("circuit")
        try Require.that(
            pca.componentCount == circuit.qubits, "circuit.qubits",
            "\(circuit.qubits) qubits need as many components, pca has \(pca.componentCount)")
        try Require.that(
            circuitHash == circuit.hash, "circuitHash",
            "'\(circuitHash)' is not the circuit's hash '\(circuit.hash)'")
        try head.validate("head", qubits: circuit.qubits)
    }

    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
