/// Which pairs of a device's qubits a two-qubit gate may act on, and in which order.
public struct CouplingMap: Hashable, Sendable {
    /// A pair on which the native gate acts with `first` as its first operand.
    public struct Edge: Hashable, Sendable, Comparable {
        public let first: Int
        public let second: Int

        public init(_ first: Int, _ second: Int) {
            self.first = first
            self.second = second
        }

        public var reversed: Edge { Edge(second, first) }

        public static func < (left: Edge, right: Edge) -> Bool {
            (left.first, left.second) < (right.first, right.second)
        }
    }

    public let qubits: Int
    /// Ascending, each once; an undirected pair is here in both orders.
    public let edges: [Edge]
    private let neighbourLists: [[Int]]
    /// Bit `second` of entry `first`.
    private let allowed: [UInt32]

    /// - Parameters:
    ///   - qubits: 1…`Circuit.maximumQubits`.
    ///   - edges: pairs of distinct qubits; repeated ones count once.
    ///   - isDirected: false adds each pair in the other order too.
    public init(
        qubits: Int, edges: [Edge], isDirected: Bool = false
    ) throws(TargetError) {
        guard (1...Circuit.maximumQubits).contains(qubits) else {
            throw .qubitCount(qubits, limit: Circuit.maximumQubits)
        }
        for edge in edges {
            guard edge.first != edge.second, (0..<qubits).contains(edge.first),
                (0..<qubits).contains(edge.second)
            else { throw .edge(edge.first, edge.second, qubits: qubits) }
        }
        self.init(checked: isDirected ? edges : edges + edges.map(\.reversed), qubits: qubits)
    }

    private init(checked edges: [Edge], qubits: Int) {
        self.qubits = qubits
        self.edges = Set(edges).sorted()
        var lists = [Set<Int>](repeating: [], count: qubits)
        var allowed = [UInt32](repeating: 0, count: qubits)
        for edge in edges {
            lists[edge.first].insert(edge.second)
            lists[edge.second].insert(edge.first)
            allowed[edge.first] |= 1 << UInt32(edge.second)
        }
        neighbourLists = lists.map { $0.sorted() }
        self.allowed = allowed
    }

    /// Whether some pair is allowed in one order only.
    public var isDirected: Bool { edges.contains { !allows($0.second, $0.first) } }

    /// Whether the native gate acts on the pair in this order.
    public func allows(_ first: Int, _ second: Int) -> Bool {
        allowed[first] >> UInt32(second) & 1 == 1
    }

    /// Whether it acts on the pair in any order.
    public func couples(_ first: Int, _ second: Int) -> Bool {
        allows(first, second) || allows(second, first)
    }

    /// Ascending, whatever the direction.
    public func neighbours(of qubit: Int) -> [Int] { neighbourLists[qubit] }

    /// Each coupled pair once, the smaller qubit first, ascending.
    public var pairs: [Edge] {
        Set(edges.map { $0.first < $0.second ? $0 : $0.reversed }).sorted()
    }

    /// Fewest steps between each two qubits, row by row; nil where there is no way.
    public func distances() -> [[Int?]] {
        (0..<qubits).map { start in
            var row = [Int?](repeating: nil, count: qubits)
            row[start] = 0
            var (frontier, steps) = ([start], 0)
            while !frontier.isEmpty {
                steps += 1
                var next: [Int] = []
                for neighbour in frontier.flatMap({ neighbourLists[$0] })
                where row[neighbour] == nil {
                    row[neighbour] = steps
                    next.append(neighbour)
                }
                frontier = next
            }
            return row
        }
    }

    /// Sets of qubits that gates can connect, the largest first, each ascending.
    public func components() -> [[Int]] {
        let rows = distances()
        var seen = Set<Int>()
        var found: [[Int]] = []
        for qubit in 0..<qubits where !seen.contains(qubit) {
            let members = (0..<qubits).filter { rows[qubit][$0] != nil }
            seen.formUnion(members)
            found.append(members)
        }
        return found.sorted { ($1.count, $0[0]) < ($0.count, $1[0]) }
    }

    /// The same pairs, each in the order of ascending qubits alone.
    public var ascending: CouplingMap { CouplingMap(checked: pairs, qubits: qubits) }
}

extension CouplingMap {
    /// 0–1–2–…
    public static func line(_ qubits: Int) throws(TargetError) -> CouplingMap {
        let count = min(max(qubits, 1), Circuit.maximumQubits)
        return try CouplingMap(qubits: qubits, edges: (1..<count).map { Edge($0 - 1, $0) })
    }

    /// A line with its ends joined; of two qubits, a line.
    public static func ring(_ qubits: Int) throws(TargetError) -> CouplingMap {
        let line = try line(qubits)
        if qubits < 3 { return line }
        return try CouplingMap(qubits: qubits, edges: line.edges + [Edge(qubits - 1, 0)])
    }

    /// Every pair.
    public static func allToAll(_ qubits: Int) throws(TargetError) -> CouplingMap {
        let count = min(max(qubits, 0), Circuit.maximumQubits)
        return try CouplingMap(
            qubits: qubits,
            edges: (0..<count).flatMap { first in
                (first + 1..<max(count, first + 1)).map { Edge(first, $0) }
            })
    }

    /// A rectangular lattice; qubit `row·columns + column`.
    public static func grid(rows: Int, columns: Int) throws(TargetError) -> CouplingMap {
        let size = try area(rows, columns)
        var edges: [Edge] = []
        for qubit in 0..<size {
            if (qubit + 1) % columns != 0 { edges.append(Edge(qubit, qubit + 1)) }
            if qubit + columns < size { edges.append(Edge(qubit, qubit + columns)) }
        }
        return try CouplingMap(qubits: size, edges: edges)
    }

    /// Rows of qubits in line, joined by a bridge qubit at every fourth column: from column 0 below
    /// even rows, from column 2 below odd ones. 2 × 5 is one heavy hexagon; 7 × 15 is the shape of
    /// IBM's Eagle processors.
    ///
    /// Rows are numbered first, then bridges.
    public static func heavyHex(rows: Int, columns: Int) throws(TargetError) -> CouplingMap {
        let size = try area(rows, columns)
        var edges: [Edge] = []
        var next = size
        for row in 0..<rows {
            for column in 1..<max(columns, 1) {
                edges.append(Edge(row * columns + column - 1, row * columns + column))
            }
            guard row + 1 < rows else { continue }
            for column in stride(from: row & 1 == 0 ? 0 : 2, to: columns, by: 4) {
                edges.append(Edge(row * columns + column, next))
                edges.append(Edge(next, (row + 1) * columns + column))
                next += 1
            }
        }
        return try CouplingMap(qubits: next, edges: edges)
    }

    /// The heavy-hex maps of IBM's Falcon processors, with its numbering.
    ///
    /// - Parameter qubits: 5 (T shape), 7 (H shape) or 27.
    public static func falcon(_ qubits: Int) throws(TargetError) -> CouplingMap {
        guard let pairs = falconPairs[qubits] else {
            throw .size(topology: "falcon", text: "\(qubits)", allowed: "5, 7 or 27")
        }
        return try CouplingMap(qubits: qubits, edges: pairs.map { Edge($0.0, $0.1) })
    }

    private static let falconPairs: [Int: [(Int, Int)]] = [
        5: [(0, 1), (1, 2), (1, 3), (3, 4)],
        7: [(0, 1), (1, 2), (1, 3), (3, 5), (4, 5), (5, 6)],
        27: [
            (0, 1), (1, 2), (1, 4), (2, 3), (3, 5), (4, 7), (5, 8), (6, 7), (7, 10), (8, 9),
            (8, 11), (10, 12), (11, 14), (12, 13), (12, 15), (13, 14), (14, 16), (15, 18),
            (16, 19), (17, 18), (18, 21), (19, 20), (19, 22), (21, 23), (22, 25), (23, 24),
            (24, 25), (25, 26),
        ],
    ]

    /// Both sides at least 1, and small enough to multiply.
    private static func area(_ rows: Int, _ columns: Int) throws(TargetError) -> Int {
        let sides = 1...Circuit.maximumQubits
        guard sides.contains(rows), sides.contains(columns) else {
            throw .size(
                topology: "lattice", text: "\(rows)x\(columns)",
                allowed: "sides of 1 to \(sides.upperBound)")
        }
        return rows * columns
    }
}
