public import QuantumCircuit

/// A circuit and where the qubits of the source are in it.
public struct PlacedCircuit: Hashable, Sendable {
    public var circuit: Circuit
    /// Entry q: the circuit's qubit on which the source's qubit q starts.
    public var initial: [Int]
    /// Entry q: where it is at the end. Measurements within the circuit have moved with it.
    public var final: [Int]

    public init(circuit: Circuit, initial: [Int], final: [Int]) {
        self.circuit = circuit
        self.initial = initial
        self.final = final
    }

    /// Every qubit in its own place.
    public init(_ circuit: Circuit) {
        self.init(
            circuit: circuit, initial: Array(0..<circuit.qubits),
            final: Array(0..<circuit.qubits))
    }
}

/// One named step of compilation, a value without state: same input, same output.
public protocol CompilerPass: Sendable {
    var name: String { get }

    /// - Returns: a circuit equal to the given one up to a global phase and to the places that the
    ///   result reports; passes that drop what no measurement sees say so.
    func run(
        _ placed: PlacedCircuit, on target: DeviceTarget
    ) throws(CompileError) -> PlacedCircuit
}

/// A pass that leaves every qubit in its place.
public protocol CircuitPass: CompilerPass {
    func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit
}

extension CircuitPass {
    public func run(
        _ placed: PlacedCircuit, on target: DeviceTarget
    ) throws(CompileError) -> PlacedCircuit {
        PlacedCircuit(
            circuit: try run(placed.circuit, on: target), initial: placed.initial,
            final: placed.final)
    }
}

extension Circuit {
    /// The same qubits, bits, parameters and names with other operations.
    func with(_ operations: [Operation]) throws(CompileError) -> Circuit {
        var result = Circuit(emptyLike: self)
        do throws(CircuitError) { try result.append(contentsOf: operations) } catch {
            throw .circuit(error)
        }
        return result
    }
}
