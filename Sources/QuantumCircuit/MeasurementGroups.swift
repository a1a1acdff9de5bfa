/// Terms of an observable that one measurement setting reads.
public struct MeasurementGroup: Hashable, Sendable {
    /// The Pauli operator measured on each qubit; the identity where none is.
    public let basis: PauliString
    /// Indices into the observable's terms.
    public let terms: [Int]

    /// Appended before a measurement of all qubits in the computational basis, turns each term into
    /// Z on the qubits that it acts on: H for X, S† then H for Y.
    public var basisChange: [Operation] {
        (0..<Circuit.maximumQubits).flatMap { qubit -> [Operation] in
            let bit = UInt32(1) << UInt32(qubit)
            guard basis.x & bit != 0 else { return [] }
            let hadamard = Operation(.h, [qubit])
            return basis.z & bit != 0 ? [Operation(.sdg, [qubit]), hadamard] : [hadamard]
        }
    }

    /// What is read for a string after `basisChange`.
    public static func measured(_ string: PauliString) -> ZString {
        ZString(mask: string.x | string.z)
    }
}

extension PauliSum {
    /// The terms in sets that commute qubit by qubit, so that each set needs one circuit.
    ///
    /// Greedy: strings that act on most qubits first, each into the first group that it fits. Every
    /// term, identities included, is in exactly one group; deterministic.
    public var measurementGroups: [MeasurementGroup] {
        let order = terms.indices.sorted {
            let (left, right) = (terms[$0].string.weight, terms[$1].string.weight)
            return left == right ? $0 < $1 : left > right
        }
        var groups: [(basis: PauliString, terms: [Int])] = []
        var places: [PauliString: Int] = [:]
        for index in order {
            let string = terms[index].string
            let place =
                places[string]
                ?? groups.firstIndex { $0.basis.commutesQubitWise(with: string) }
                ?? groups.count
            if place == groups.count { groups.append((PauliString(x: 0, z: 0), [])) }
            let basis = groups[place].basis
            groups[place].basis = PauliString(x: basis.x | string.x, z: basis.z | string.z)
            groups[place].terms.append(index)
            places[string] = place
        }
        return groups.map { MeasurementGroup(basis: $0.basis, terms: $0.terms.sorted()) }
    }

    /// The observable's expectation value after a group's measurements are read.
    ///
    /// - Parameter value: of a Z string under the group's basis change.
    public func contribution(
        of group: MeasurementGroup, value: (ZString) -> Double
    ) -> Double {
        group.terms.reduce(0) {
            $0 + terms[$1].coefficient * value(MeasurementGroup.measured(terms[$1].string))
        }
    }
}
