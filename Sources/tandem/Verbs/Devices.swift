import QuantumCircuit
import ArgumentParser
import Configuration
import Contracts
import Determinism
import QuantumBackends
import Terminal

/// `tandem devices`: what the configuration's backends are, take and cost.
struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the devices that the configuration describes.",
        subcommands: [List.self, Show.self])

    /// A device, and whether circuits run on it.
    struct Entry: Encodable {
        let isInUse: Bool
        let device: DeviceDescription
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the devices with kind, state, size and price.")

        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func run() throws {
            let entries = try Devices.entries(configurationOptions)
            if outputOptions.isJSON { return try JSONOutput.print(entries) }
            Console.print(DeviceText.table(entries))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one device: target, calibration, limits and price.")

        @Argument(help: "Its name or, where no device has that name, its kind.")
        var name: String

        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func run() throws {
            let entries = try Devices.entries(configurationOptions)
            let catalog = DeviceCatalog(entries.map(\.device))
            // The simulated device and the topic's share a name: the one in use goes first.
            let used = entries.first { $0.isInUse && $0.device.name == name }
            guard let device = used?.device ?? catalog.device(name) else {
                throw ValidationError(
                    Suggestion.unknown(
                        "device", name,
                        among: catalog.devices.reduce(into: []) { names, device in
                            for word in [device.name, device.kind.rawValue]
                            where !names.contains(word) { names.append(word) }
                        }))
            }
            let isInUse = entries.contains { $0.isInUse && $0.device == device }
            let entry = Entry(isInUse: isInUse, device: device)
            if outputOptions.isJSON { return try JSONOutput.print(entry) }
            Console.print(DeviceText.details(entry))
        }
    }

    private static func entries(_ options: ConfigurationOptions) throws -> [Entry] {
        let configuration = try options.load().configuration
        let choice = configuration.enrichment.backend.rawValue
        let further = configuration.enrichment.devices.map(\.name)
        return try DeviceFactory.catalog(configuration, at: SystemTimeSource().now()).devices.map {
            Entry(
                isInUse: $0.kind.rawValue == choice || further.contains($0.name), device: $0)
        }
    }
}

/// Devices in words.
enum DeviceText {
    static func table(_ entries: [Devices.Entry]) -> String {
        var table = TextTable(columns: [
            .init("device"), .init("kind"), .init("in use"), .init("state"),
            .init("qubits", .trailing), .init("gates"), .init("pairs", .trailing),
            .init("shots", .trailing), .init("per task", .trailing), .init("per shot", .trailing),
        ])
        for entry in entries {
            let device = entry.device
            table.addRow([
                device.name, device.kind.rawValue, entry.isInUse ? "yes" : "",
                device.state?.rawValue ?? "", device.limits.map { "\($0.qubits)" } ?? "",
                gates(device), device.target.map { "\($0.coupledPairs)" } ?? "",
                device.limits.map(shots) ?? "", device.price.map { "\($0.perTask)" } ?? "",
                device.price.map { "\($0.perShot)" } ?? "",
            ])
        }
        return table.rendered(style: Console.outputStyle)
    }

    static func details(_ entry: Devices.Entry) -> String {
        let device = entry.device
        var table = TextTable(columns: [.init("property"), .init("value", maximumWidth: 100)])
        table.addRow(["name", device.name])
        table.addRow(["kind", device.kind.rawValue])
        table.addRow(["in use", entry.isInUse ? "yes" : "no"])
        table.addRow(["state", device.state?.rawValue ?? "as it reports on qpu-status"])
        table.addRow(["native gates", gates(device)])
        if let target = device.target {
            let order = target.isDirected ? ", some in one order only" : ""
            table.addRow(["target", "\(target.name) of \(target.qubits) qubits"])
            table.addRow(["coupled pairs", "\(target.coupledPairs)\(order)"])
            table.addRow(["longest circuit", "depth \(Format.count(target.maximumDepth))"])
        }
        table.addRow(["calibration", device.calibration ?? "as it reports on qpu-status"])
        if let quality = device.quality {
            table.addRow(["median T1", "\(quality.t1Microseconds) µs"])
            table.addRow(["median T2", "\(quality.t2Microseconds) µs"])
            table.addRow(["median one-qubit error", "\(quality.oneQubitError)"])
            if let error = quality.twoQubitError {
                table.addRow(["median two-qubit error", "\(error)"])
            }
            table.addRow(["median readout error", "\(quality.readoutError)"])
        }
        if let limits = device.limits {
            table.addRow(["qubits of a circuit", "up to \(limits.qubits)"])
            table.addRow(["shots of a record", "\(shots(limits))"])
            table.addRow(["records of a job", "1 to \(Format.count(limits.maxBatch))"])
        }
        table.addRow(["price", device.price.map(price) ?? "as it bills on ledger"])
        return table.rendered(style: Console.outputStyle)
    }

    private static func price(_ price: DevicePrice) -> String {
        var text = "\(price.perTask) per task and \(price.perShot) per shot"
        for (value, unit) in [
            (price.perSecond, "second"), (price.perOneQubitGateShot, "one-qubit gate and shot"),
            (price.perTwoQubitGateShot, "two-qubit gate and shot"),
        ] where value > 0 { text += ", \(value) per \(unit)" }
        return text
    }

    private static func gates(_ device: DeviceDescription) -> String {
        if let target = device.target { return target.nativeGates.rawValue }
        return device.kind == .topic ? "" : "any, on any qubits"
    }

    private static func shots(_ limits: DeviceDescription.Limits) -> String {
        let most = Format.count(limits.maxShots)
        return limits.isExactAllowed ? "1 to \(most) or exact" : "1 to \(most)"
    }
}
