internal import CQuantumKernels
import QuantumCircuit

/// Simulates one circuit template for many parameter vectors, eight records side by side.
///
/// Amplitudes are lanes across records, so every gate is the same straight-line arithmetic on full
/// vectors. Memory is bounded by one block of eight records; nothing is allocated per record. A
/// record's results do not depend on its lane, on its block or on the other records. Not shared
/// between threads.
///
/// Parameter values must be finite; phases beyond ±1e8 rad saturate. Basis state b has qubit 0 as
/// its least significant bit.
public struct BatchSimulator: ~Copyable {
    /// Records per block.
    public static let lanes = 8
    /// 2^16 amplitudes of 8 records are 8 MiB.
    public static let maximumQubits = 16
    /// Shots per record: histograms are 32-bit integers.
    public static let shotLimits = 1...(1 << 30)
    private static let maximumSharedTables = 4

    public let plan: SimulationPlan
    let kernels: KernelSet
    let workspace: Workspace
    let program: AngleProgram
    private var tables: [PreparedTable]
    let order: [UInt32]

    struct PreparedTable {
        let table: SimulationPlan.Table
        let linear: [Int32]
        let pairs: [Int32]
        /// Buffer number; 0 is scratch, rebuilt at each use.
        let buffer: Int
        /// The block for which a shared buffer was filled.
        var isBuilt = false
    }

    /// - Parameter kernels: `.reference` runs plain Swift instead of the C kernels: the same bits,
    ///   slower.
    public init(_ plan: SimulationPlan, kernels: KernelSet = .vectorised) {
        self.plan = plan
        self.kernels = kernels
        var shared = 0
        tables = zip(plan.tables, plan.tableUses).map { table, uses in
            if uses > 1 && shared < Self.maximumSharedTables {
                shared += 1
            } else {
                return Self.prepare(table, buffer: 0)
            }
            return Self.prepare(table, buffer: shared)
        }
        workspace = Workspace(plan, tableBuffers: plan.tables.isEmpty ? 0 : 1 + shared)
        program = AngleProgram(plan)
        order = plan.logicalStates
    }

    private static func prepare(_ table: SimulationPlan.Table, buffer: Int) -> PreparedTable {
        switch table {
        case .twoLocal(_, let linear, let pairs):
            PreparedTable(
                table: table, linear: linear.map { Int32($0) }, pairs: pairs.map { Int32($0) },
                buffer: buffer)
        case .parities(let masks, let slots):
            // Masks and slots travel as the same two lists.
            PreparedTable(
                table: table, linear: masks.map { Int32(bitPattern: $0) },
                pairs: slots.map { Int32($0) }, buffer: buffer)
        }
    }

    /// Bytes held, whatever the batch.
    public var workspaceBytes: Int { workspace.bytes }

    // MARK: One block

    /// Simulates up to eight records; the state stays in the workspace.
    mutating func runBlock(_ rows: UnsafePointer<Double>, valid: Int) {
        unsafe kernels.loadLanes(rows, plan.parameters, valid, workspace.parameters)
        unsafe kernels.phases(program, workspace.parameters, workspace.angles, workspace.slots)
        unsafe kernels.sincos(
            workspace.slots, workspace.cosines, workspace.sines, plan.trigonometricSlots)
        for index in tables.indices { tables[index].isBuilt = false }
        var steps = plan.steps[...]
        if plan.uniformBits == UInt32(plan.states - 1), case .diagonal(let table) = steps.first {
            // A uniform state times a table is the table.
            startFrom(table)
            steps = steps.dropFirst()
        } else {
            unsafe kernels.start(workspace.state, plan.qubits, plan.uniformBits)
        }
        for step in steps { run(step) }
    }

    private mutating func startFrom(_ table: Int) {
        if tables[table].buffer == 0 {
            unsafe build(table, into: workspace.state)
        } else {
            let buffer = unsafe built(table)
            unsafe workspace.state.update(from: buffer, count: plan.states * 2 * Self.lanes)
        }
    }

    private mutating func run(_ step: SimulationPlan.Step) {
        switch step {
        case .diagonal(let table):
            let buffer = unsafe built(table)
            unsafe kernels.multiply(workspace.state, buffer, plan.states)
        case .hadamards(let mask):
            unsafe kernels.walsh(workspace.state, plan.qubits, mask, 2 * Self.lanes)
        case .rotation(let rotation):
            let lane = rotation.slot * Self.lanes
            unsafe kernels.rotate(
                workspace.state, plan.states, rotation, workspace.cosines + lane,
                workspace.sines + lane)
        }
    }

    private mutating func built(_ index: Int) -> UnsafeMutablePointer<Double> {
        let buffer = unsafe workspace.tables + tables[index].buffer * plan.states * 2 * Self.lanes
        if tables[index].buffer == 0 || !tables[index].isBuilt {
            unsafe build(index, into: buffer)
            tables[index].isBuilt = true
        }
        return unsafe buffer
    }

    private func build(_ index: Int, into buffer: UnsafeMutablePointer<Double>) {
        let table = tables[index]
        switch table.table {
        case .twoLocal(let constant, _, _):
            unsafe kernels.twoLocalTable(
                buffer, plan.qubits, constant, table.linear, table.pairs, workspace.cosines,
                workspace.sines)
        case .parities:
            unsafe kernels.parityTable(
                buffer, workspace.probabilities, plan.qubits, table.linear, table.pairs,
                workspace.slots)
        }
    }

    /// |amplitude|² of the block in logical order, into the workspace.
    func takeProbabilities() {
        // Each Hadamard left out its 1/√2: exact in binary.
        var scale = 1.0
        for _ in 0..<plan.hadamardCount { scale *= 0.5 }
        unsafe kernels.probabilities(
            workspace.state, plan.states, scale, order, workspace.probabilities)
    }
}
