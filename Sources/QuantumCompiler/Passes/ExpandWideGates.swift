public import QuantumCircuit

/// CCX and CSWAP as gates on two qubits, for everything that follows knows pairs alone.
public struct ExpandWideGates: CircuitPass {
    public let name = "expand wide gates"

    public init() {}

    public func run(_ circuit: Circuit, on target: DeviceTarget) throws(CompileError) -> Circuit {
        try circuit.with(
            circuit.operations.flatMap { GateExpansion.ofThreeQubits($0) ?? [$0] })
    }
}
