import QuantumCircuit
import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import Models
import QuantumBackends
import QuantumSimulator
import Stages
import Terminal

/// `tandem estimate`: what a bundle's circuit takes on each device, before anything is spent.
struct Estimate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a record takes, costs and waits on each configured device.",
        discussion: """
            Per record: the circuit as the device compiles it, its price and time; and the same of the \
            model's simpler circuit, which admission steps down to (admission.simplerCircuit) where it \
            takes less. Waits are those of a simulated day in which only the device's other tenants send \
            jobs.
            """)

    @Option(help: ArgumentHelp("A bundle written by 'tandem train'.", valueName: "bundle"))
    var model = "model.json"

    @Option(help: "Shots per record; the configuration's where left out.")
    var shots: Int?

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        if let shots, !(1...1_048_576).contains(shots) {
            throw ValidationError("--shots is \(shots); allowed is 1 to 1048576")
        }
    }

    func run() throws {
        let configuration = try configurationOptions.load().configuration
        guard let data = FileManager.default.contents(atPath: model) else {
            throw CommandFailure("cannot read the model bundle '\(model)'")
        }
        let bundle: ModelBundle
        do {
            bundle = try ModelBundle(decoding: [UInt8](data))
        } catch {
            throw CommandFailure("'\(model)' is not a usable model bundle: \(error)")
        }
        let rows = try DeviceEstimate.all(
            bundle, configuration, shots: shots ?? configuration.enrichment.shots)
        if outputOptions.isJSON { return try JSONOutput.print(rows) }
        Console.print(DeviceEstimate.table(rows))
    }
}

/// What one record takes on one device.
struct DeviceEstimate: Encodable {
    let device: String
    let kind: DeviceKind
    /// `none` for the model's own circuit, `simplerCircuit` for the one without entanglement.
    var downgrade = Downgrade.none
    /// Why the device does not take the circuit; then there are no figures.
    var problem: String?
    var shots = 0
    var qubits: Int?
    var depth: Int?
    var twoQubitGates: Int?
    /// On the device, other tenants aside.
    var seconds: Double?
    var price: Double?
    /// Median and 90 % quantile of the wait for a job that comes at any time of a day.
    var waitSeconds: Double?
    var waitSeconds90: Double?
    /// Estimated probability of a run without error.
    var fidelity: Double?

    static func all(
        _ bundle: ModelBundle, _ configuration: TandemConfiguration, shots: Int
    ) throws -> [DeviceEstimate] {
        var circuits = [(Downgrade.none, bundle.circuit, bundle.head)]
        if let simpler = bundle.simplerCircuit {
            circuits.append((.simplerCircuit, simpler.circuit, simpler.head))
        }
        let templates = try circuits.map { downgrade, specification, head in
            let circuit = try CircuitTemplates.circuit(for: specification)
            let readout = try ZReadout(
                qubits: circuit.qubits, strings: CircuitTemplates.strings(qubits: circuit.qubits),
                weights: head.weights)
            return (downgrade: downgrade, circuit: circuit, readout: readout)
        }
        // The devices' own calendars count from their start: any instant will do.
        let start = Timestamp(microseconds: 0)
        return try DeviceFactory.backends(configuration, start: start).flatMap { backend in
            guard configuration.enrichment.backend != .topic else {
                var row = DeviceEstimate(
                    device: configuration.enrichment.deviceName, kind: .topic)
                row.problem = "somebody else's process: it tells on qpu-status"
                return [row]
            }
            var rows = templates.map { template in
                var row = DeviceEstimate(device: backend.target.name, kind: backend.kind)
                row.downgrade = template.downgrade
                row.shots = min(shots, backend.target.maxShots)
                do throws(BackendError) {
                    let executable = try backend.prepare(
                        template.circuit, readout: template.readout)
                    row.fill(backend.profile(of: executable, shots: row.shots, at: start))
                } catch {
                    row.problem = error.description
                }
                return row
            }
            // Last: with it the device's clock goes on.
            let waits = DayOfWaits(backend, from: start)
            for index in rows.indices where rows[index].problem == nil {
                rows[index].fill(waits: waits)
            }
            return rows
        }
    }

    private mutating func fill(_ profile: ExecutableProfile?) {
        guard let profile else { return }
        qubits = profile.circuit.qubits
        depth = profile.circuit.depth
        twoQubitGates = profile.circuit.twoQubitGates
        seconds = profile.serviceTime.inSeconds
        price = profile.pricePerTask + profile.pricePerShot * Double(shots)
        fidelity = profile.fidelity
    }

    private mutating func fill(waits: DayOfWaits) {
        waitSeconds = waits.quantile(0.5)
        waitSeconds90 = waits.quantile(0.9)
    }

    static func table(_ rows: [DeviceEstimate]) -> String {
        var table = TextTable(columns: [
            .init("device"), .init("kind"), .init("circuit"), .init("qubits", .trailing),
            .init("depth", .trailing), .init("two-qubit", .trailing), .init("shots", .trailing),
            .init("time", .trailing),
            .init("price", .trailing), .init("wait", .trailing), .init("wait 90 %", .trailing),
            .init("fidelity", .trailing), .init("problem", maximumWidth: 60),
        ])
        for row in rows {
            let seconds = { (value: Double?) in value.map { duration($0) } ?? "" }
            table.addRow([
                row.device, row.kind.rawValue, row.downgrade == .none ? "own" : "simpler",
                row.qubits.map { "\($0)" } ?? "", row.depth.map { "\($0)" } ?? "",
                row.twoQubitGates.map { "\($0)" } ?? "",
                row.shots > 0 ? Format.count(row.shots) : "", seconds(row.seconds),
                row.price.map { String(format: "%.6g", $0) } ?? "", seconds(row.waitSeconds),
                seconds(row.waitSeconds90),
                row.fidelity.map { String(format: "%.3f", $0) } ?? "", row.problem ?? "",
            ])
        }
        return table.rendered(style: Console.outputStyle)
    }

    /// Three digits in the unit that suits.
    private static func duration(_ seconds: Double) -> String {
        switch seconds {
        case 0: "0"
        case ..<1e-3: String(format: "%.3g µs", seconds * 1e6)
        case ..<1: String(format: "%.3g ms", seconds * 1e3)
        case ..<60: String(format: "%.3g s", seconds)
        default: String(format: "%.3g min", seconds / 60)
        }
    }
}

/// The waits that a device announces in a day on which only others send it jobs, every five minutes:
/// for a simulated device, from its own queue in virtual time.
struct DayOfWaits {
    private let seconds: [Double]

    init(_ backend: any QuantumBackend, from start: Timestamp) {
        seconds = (0..<288).map { step in
            let now = start + .seconds(Int64(step) * 300)
            return backend.deviceStatus(at: now).predictedWait.inSeconds
        }.sorted()
    }

    /// The smallest wait that at least this share is not above.
    func quantile(_ share: Double) -> Double {
        let rank = Int((share * Double(seconds.count)).rounded(.up))
        return seconds[min(max(rank - 1, 0), seconds.count - 1)]
    }
}
