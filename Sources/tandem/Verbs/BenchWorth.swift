import ArgumentParser
import Foundation
import Models
import Policies
import Terminal

extension Bench {
    /// `tandem bench worth`: what admission by expected value corrects that others do not.
    struct WorthVerb: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "worth",
            abstract:
                "Wrong decisions corrected at equal spend: expected value, random, first come.",
            discussion: """
                Every record of the data is scored once by models that had not seen it: a classical \
                scorer, and the quantum head on the simulator with shots. Two fifths of the records \
                are compared beforehand, as in shadow mode; on the rest each policy may pay for the \
                same number of calls a day and learns from its own calls only. Beside the model's \
                own classical scorer runs a weak one, on two features, which leaves more to correct. \
                Figures of a seed are means over orders of arrival; all time is virtual.
                """)

        @OptionGroup var outputOptions: OutputOptions
        @Option(help: "Seeds: splits, training, shots; 1 to 100.") var seeds = 3
        @Option(help: "Orders of arrival for each seed, 1 to 1000.") var orders = 50
        @Option(help: "Calls that the budget pays for, as a share of the records, 0 to 1.")
        var share = 0.2
        @Option(help: "Money that a right decision is worth.") var value = 50.0
        @Option(help: "Money for a call: 0.30 a task and 0.0009 a shot.") var price = 1.2216
        @Option(help: "Data, CSV with a header; the shipped fixture unless given.")
        var data: String?
        @Option(help: "The label column; the last one unless given.") var label: String?

        func validate() throws {
            guard (1...100).contains(seeds) else {
                throw ValidationError("--seeds is \(seeds); it must be 1 to 100")
            }
            guard (1...1_000).contains(orders) else {
                throw ValidationError("--orders is \(orders); it must be 1 to 1000")
            }
            guard share > 0, share <= 1 else {
                throw ValidationError("--share is \(share); it must be above 0, at most 1")
            }
            guard value > 0, value.isFinite, price > 0, price.isFinite else {
                throw ValidationError("--value and --price must be above 0")
            }
        }

        func run() throws {
            let path = try data ?? DemoData.fixture("breast-cancer.csv")
            let table = try CSVTable.read(
                path: path, labelColumn: label ?? DemoData.lastColumn(of: path), excluding: [])
            var settings = WorthSettings()
            settings.referenceValue = value
            var study = WorthStudy(
                table: table, seeds: (1...UInt64(seeds)).map { $0 }, settings: settings,
                price: price, value: value, share: share, orders: orders)
            try study.run { Console.note($0) }
            if outputOptions.isJSON { return try JSONOutput.print(Document(study)) }
            Console.print(Self.text(study))
        }

        private struct Document: Encodable {
            let records: [WorthStudy.Ground]
            let outcomes: [WorthStudy.Row]

            init(_ study: WorthStudy) {
                records = study.grounds
                outcomes = study.rows
            }
        }

        private static func text(_ study: WorthStudy) -> String {
            study.scorers.map { scorer in
                let grounds = study.grounds.filter { $0.scorer == scorer }
                let accuracy = mean(grounds.map(\.classicalAccuracy))
                var text = "\(scorer.rawValue) classical scorer: "
                text += "\(Format.percentage(accuracy, decimals: 1)) right; called on all "
                text += "\(grounds.first?.records ?? 0) records, quantum verdicts put "
                text += "\(Format.number(mean(grounds.map { Double($0.rightFlips) }), decimals: 1))"
                text += " right and "
                text += "\(Format.number(mean(grounds.map { Double($0.wrongFlips) }), decimals: 1))"
                text += " wrong\n"
                return text + table(study, scorer)
            }.joined(separator: "\n\n")
        }

        private static func table(_ study: WorthStudy, _ scorer: WorthScorer) -> String {
            var columns: [TextTable.Column] = [
                .init("policy"), .init("calls", .trailing), .init("spend", .trailing),
                .init("corrected", .trailing), .init("spoiled", .trailing),
            ]
            columns += study.seeds.map { .init("net, seed \($0)", .trailing) }
            columns.append(.init("net, mean ± spread", .trailing))
            var table = TextTable(columns: columns)
            for policy in WorthPolicy.allCases {
                let figure = { (read: (WorthStudy.Row) -> Double) in
                    Format.number(study.summary(scorer, policy, read).mean, decimals: 1)
                }
                let net = study.summary(scorer, policy, \.net)
                var cells = [
                    name(policy), figure(\.calls), figure(\.spend), figure(\.corrected),
                    figure(\.spoiled),
                ]
                cells += study.rows.filter { $0.scorer == scorer && $0.policy == policy }
                    .map { Format.number($0.net, decimals: 1) }
                cells.append(
                    Format.number(net.mean, decimals: 1) + " ± "
                        + Format.number(net.spread, decimals: 1))
                table.addRow(cells)
            }
            return table.rendered(style: Console.outputStyle)
        }

        private static func name(_ policy: WorthPolicy) -> String {
            switch policy {
            case .firstCome: "first come"
            case .random: "random"
            case .expectedValue: "expected value"
            case .onlyIfWorth: "expected value, may keep its budget"
            }
        }

        private static func mean(_ values: [Double]) -> Double {
            values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        }
    }
}
