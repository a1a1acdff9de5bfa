import ArgumentParser
import Models

/// Which circuit to train a model on; shared by every verb that trains.
struct CircuitOptions: ParsableArguments {
    @Option(
        help: "Repetitions of the feature map, 2 to 8; from 1 with an ansatz.")
    var repetitions = 2

    @Option(
        help: ArgumentHelp(
            "Layers to train after the feature map: real-amplitudes or efficient-su2.",
            valueName: "ansatz"))
    var ansatz: AnsatzArgument?

    @Option(help: "Repetitions of the ansatz, 1 to 8.")
    var ansatzRepetitions: Int?

    @Option(
        help: ArgumentHelp(
            "Pairs of qubits that the ansatz couples.", valueName: "entanglement"))
    var ansatzEntanglement: AnsatzEntanglementArgument?

    @Option(help: "Most gradient steps of the ansatz, 0 to 100000.")
    var ansatzSteps: Int?

    func validate() throws {
        let least = ansatz == nil ? 2 : 1
        guard (least...8).contains(repetitions) else {
            throw ValidationError(
                "--repetitions is \(repetitions); it must be \(least) to 8"
                    + (ansatz == nil ? "" : " with --ansatz"))
        }
        if let ansatzRepetitions, !AnsatzSpecification.repetitionRange.contains(ansatzRepetitions) {
            throw ValidationError(
                "--ansatz-repetitions is \(ansatzRepetitions); it must be 1 to 8")
        }
        if let ansatzSteps, !(0...100_000).contains(ansatzSteps) {
            throw ValidationError("--ansatz-steps is \(ansatzSteps); it must be 0 to 100000")
        }
        let given = [
            ("--ansatz-repetitions", ansatzRepetitions != nil),
            ("--ansatz-entanglement", ansatzEntanglement != nil),
            ("--ansatz-steps", ansatzSteps != nil),
        ]
        if ansatz == nil, let (name, _) = given.first(where: \.1) {
            throw ValidationError(
                "\(name) needs --ansatz, "
                    + AnsatzArgument.allValueStrings.joined(separator: " or "))
        }
    }

    /// The defaults, but for the circuit.
    var configuration: TrainingConfiguration {
        var configuration = TrainingConfiguration()
        configuration.repetitions = repetitions
        if let ansatz {
            var training = AnsatzTraining()
            training.family = ansatz.family
            if let ansatzRepetitions { training.repetitions = ansatzRepetitions }
            if let ansatzEntanglement { training.entanglement = ansatzEntanglement.entanglement }
            if let ansatzSteps { training.maximumSteps = ansatzSteps }
            configuration.ansatz = training
        }
        return configuration
    }
}

/// An ansatz on the command line.
struct AnsatzArgument: ExpressibleByArgument {
    let family: AnsatzSpecification.Family

    init?(argument: String) {
        guard let family = AnsatzSpecification.Family(rawValue: argument) else { return nil }
        self.family = family
    }

    static var allValueStrings: [String] {
        AnsatzSpecification.Family.allCases.map(\.rawValue)
    }
}

/// Its entanglement on the command line.
struct AnsatzEntanglementArgument: ExpressibleByArgument {
    let entanglement: AnsatzEntanglement

    init?(argument: String) {
        guard let entanglement = AnsatzEntanglement(rawValue: argument) else { return nil }
        self.entanglement = entanglement
    }

    static var allValueStrings: [String] { AnsatzEntanglement.allCases.map(\.rawValue) }
}
