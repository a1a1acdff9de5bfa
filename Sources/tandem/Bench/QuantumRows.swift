import Terminal

/// What `tandem bench quantum` found: one row per peer, or one for work without any.
struct QuantumRows {
    private(set) var rows: [BenchRow] = []
    /// Peers whose numbers differ or that failed.
    private(set) var problems: [String] = []
    /// Bytes a second that memory gives so many threads; measured when first needed.
    private var triads: [Int: Double] = [:]

    mutating func add(
        _ work: any BenchWork, _ outcome: BenchOutcome, _ results: [PeerBench.Result]
    ) {
        var row = BenchRow(
            work: work.name, qubits: work.qubits, threads: work.threads, rate: outcome.rate)
        if let bytes = outcome.stateBytesPerSecond {
            row.stateBytesPerSecond = bytes
            row.triadBytesPerSecond = triad(work.threads)
        }
        let rated = results.filter { $0.rate != nil }
        for result in rated {
            (row.peer, row.peerRate) = (result.peer, result.rate)
            rows.append(row)
        }
        if rated.isEmpty { rows.append(row) }
        for result in results where !result.agrees {
            let what = result.error ?? Self.difference(result)
            problems.append("\(result.peer) on \(work.label): \(what)")
        }
    }

    private static func difference(_ result: PeerBench.Result) -> String {
        "differs by \(result.difference ?? .nan), more than \(result.tolerance ?? 0)"
    }

    private mutating func triad(_ threads: Int) -> Double {
        let found = triads[threads] ?? Triad.bytesPerSecond(threads: threads)
        triads[threads] = found
        return found
    }

    /// The table, and memory's where a large state was measured.
    var text: String {
        var table = TextTable(columns: [
            .init("work"), .init("qubits", .trailing), .init("threads", .trailing),
            .init("a second", .trailing), .init("peer"), .init("its rate", .trailing),
            .init("ratio", .trailing),
        ])
        for row in rows {
            table.addRow([
                row.work, "\(row.qubits)", "\(row.threads)", Self.number(row.rate),
                row.peer ?? "", row.peerRate.map(Self.number) ?? "",
                row.ratio.map { Format.number($0, decimals: 1) } ?? "",
            ])
        }
        let rates = table.rendered(style: Console.outputStyle)
        return triads.isEmpty ? rates : rates + "\n" + memory
    }

    private var memory: String {
        var table = TextTable(columns: [
            .init("large states"), .init("qubits", .trailing), .init("threads", .trailing),
            .init("GB/s", .trailing), .init("STREAM triad GB/s", .trailing),
            .init("of it", .trailing),
        ])
        var seen: Set<String> = []
        for row in rows {
            guard let bytes = row.stateBytesPerSecond, let triad = row.triadBytesPerSecond,
                seen.insert("\(row.work) \(row.qubits) \(row.threads)").inserted
            else { continue }
            table.addRow([
                row.work, "\(row.qubits)", "\(row.threads)",
                Format.number(bytes / 1e9, decimals: 1), Format.number(triad / 1e9, decimals: 1),
                Format.number(100 * bytes / triad, decimals: 0) + "%",
            ])
        }
        return table.rendered(style: Console.outputStyle)
    }

    private static func number(_ rate: Double) -> String {
        rate < 1_000 ? Format.number(rate, decimals: rate < 10 ? 2 : 1) : Format.count(Int(rate))
    }
}
