public import LinearAlgebra
public import QuantumCircuit

/// The fidelity kernel k(x, y) = |⟨ψ(x)|ψ(y)⟩|² of a feature map.
///
/// Every record's state is computed once; then one Hermitian product gives all overlaps.
public struct FidelityKernel: ~Copyable {
    /// 8,192² entries are 512 MiB.
    public static let maximumRecords = 8_192
    /// States of one call: 2^27 amplitudes are 2 GiB.
    public static let maximumAmplitudes = 1 << 27

    private var simulator: BatchSimulator

    public var plan: SimulationPlan { simulator.plan }

    /// States that were computed before, for kernels against later records.
    public struct States: Sendable {
        public let count: Int
        let real: Matrix
        let imaginary: Matrix
    }

    /// - Parameter circuit: a feature map; every parameter is an input.
    /// - Throws: what compiling throws.
    public init(_ circuit: Circuit) throws(SimulationError) {
        simulator = BatchSimulator(try SimulationPlan.compile(circuit, for: .amplitudes))
    }

    /// The states of a batch.
    ///
    /// - Parameter parameters: row-major count × `plan.parameters`, finite.
    /// - Throws: `.parameterValues` or `.tooManyRecords`.
    public mutating func states(
        parameters: [Double], count: Int
    ) throws(SimulationError) -> States {
        let limit = min(Self.maximumRecords, Self.maximumAmplitudes / plan.states)
        guard count <= limit else { throw .tooManyRecords(count, limit: limit) }
        var (real, imaginary) = ([Double](), [Double]())
        try simulator.amplitudes(
            parameters: parameters, count: count, real: &real, imaginary: &imaginary)
        return States(
            count: count, real: try Self.matrix(real, count, plan.states),
            imaginary: try Self.matrix(imaginary, count, plan.states))
    }

    private static func matrix(
        _ elements: [Double], _ rows: Int, _ columns: Int
    ) throws(SimulationError) -> Matrix {
        do throws(LinearAlgebraError) {
            return try Matrix(rows: rows, columns: columns, elements: elements)
        } catch {
            throw .parameterValues(count: elements.count, expected: rows * columns)
        }
    }

    /// The symmetric kernel matrix of a batch with itself, for training: count × count, ones on its
    /// diagonal up to rounding.
    public static func matrix(_ states: States) throws(SimulationError) -> Matrix {
        do throws(LinearAlgebraError) {
            return try Matrix.squaredOverlaps(real: states.real, imaginary: states.imaginary)
        } catch {
            throw .parameterValues(count: states.count, expected: states.count)
        }
    }

    /// The kernel of new records (rows) against others (columns), for prediction.
    ///
    /// - Throws: `.observableQubits` unless both are of the same number of qubits.
    public static func matrix(
        _ rows: States, against columns: States
    ) throws(SimulationError) -> Matrix {
        do throws(LinearAlgebraError) {
            return try Matrix.squaredOverlaps(
                real: rows.real, imaginary: rows.imaginary, otherReal: columns.real,
                otherImaginary: columns.imaginary)
        } catch {
            throw .observableQubits(
                rows.real.columns.trailingZeroBitCount,
                expected: columns.real.columns.trailingZeroBitCount)
        }
    }
}
