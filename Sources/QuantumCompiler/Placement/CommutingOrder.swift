import QuantumCircuit

/// Which operations may come next: on each wire, operations that act about the same axis form a
/// group, in which any order is the same; groups follow one another.
///
/// Classical bits are wires too, so that measurements into one bit keep their order.
struct CommutingOrder {
    let operations: [Operation]
    /// Operations of each group of each wire.
    private var groups: [[[Int]]]
    /// The group to which an operation belongs, on each of its wires.
    private let memberships: [[(wire: Int, group: Int)]]
    private var current: [Int]
    private var remaining: [Int]
    private var isDone: [Bool]
    /// Operations that may come now.
    private(set) var ready: [Int] = []

    init(_ operations: [Operation], qubits: Int, bits: Int) {
        self.operations = operations
        var groups = [[[Int]]](repeating: [], count: qubits + bits)
        var axes = [GateAxis?](repeating: nil, count: qubits + bits)
        var memberships: [[(wire: Int, group: Int)]] = []
        for (index, operation) in operations.enumerated() {
            let gateAxes = operation.gate.axes
            var wires = operation.qubits.enumerated().map { ($1, gateAxes[$0]) }
            if case .measure(let bit) = operation.gate { wires.append((qubits + bit, nil)) }
            var membership: [(wire: Int, group: Int)] = []
            for (wire, axis) in wires {
                if axis == nil || axis != axes[wire] || groups[wire].isEmpty {
                    groups[wire].append([])
                    axes[wire] = axis
                }
                groups[wire][groups[wire].count - 1].append(index)
                membership.append((wire, groups[wire].count - 1))
            }
            memberships.append(membership)
        }
        self.groups = groups
        self.memberships = memberships
        current = [Int](repeating: 0, count: groups.count)
        remaining = groups.map { $0.first?.count ?? 0 }
        isDone = [Bool](repeating: false, count: operations.count)
        ready = operations.indices.filter { isReady($0) }
    }

    private func isReady(_ index: Int) -> Bool {
        memberships[index].allSatisfy { current[$0.wire] == $0.group }
    }

    /// Marks ready operations as done and makes their successors ready.
    mutating func complete(_ indices: [Int]) {
        let finished = Set(indices)
        ready.removeAll { finished.contains($0) }
        for index in indices {
            isDone[index] = true
            for (wire, _) in memberships[index] {
                remaining[wire] -= 1
                if remaining[wire] == 0 { advance(wire) }
            }
        }
    }

    private mutating func advance(_ wire: Int) {
        current[wire] += 1
        guard current[wire] < groups[wire].count else { return }
        let group = groups[wire][current[wire]]
        remaining[wire] = group.count
        ready += group.filter { isReady($0) && !isDone[$0] }
    }

    /// The next gates on pairs in the source's order that are neither done nor ready.
    func upcoming(_ count: Int, pairs: [Int], from start: inout Int) -> [Int] {
        while start < pairs.count, isDone[pairs[start]] { start += 1 }
        var result: [Int] = []
        var position = start
        while position < pairs.count, result.count < count {
            let index = pairs[position]
            if !isDone[index], !isReady(index) { result.append(index) }
            position += 1
        }
        return result
    }
}
