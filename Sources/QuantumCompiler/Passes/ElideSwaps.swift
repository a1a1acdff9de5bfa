public import QuantumCircuit

/// Takes SWAP gates out by following the qubits instead: the places at the end tell.
public struct ElideSwaps: CompilerPass {
    public let name = "elide swaps"

    public init() {}

    public func run(
        _ placed: PlacedCircuit, on target: DeviceTarget
    ) throws(CompileError) -> PlacedCircuit {
        var places = Array(0..<placed.circuit.qubits)
        var kept: [Operation] = []
        for operation in placed.circuit.operations {
            if case .swap = operation.gate {
                places.swapAt(operation.qubits[0], operation.qubits[1])
            } else {
                kept.append(Operation(operation.gate, operation.qubits.map { places[$0] }))
            }
        }
        return PlacedCircuit(
            circuit: try placed.circuit.with(kept), initial: placed.initial,
            final: placed.final.map { places[$0] })
    }
}
