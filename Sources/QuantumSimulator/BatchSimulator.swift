internal import CQuantumKernels
import QuantumCircuit

/// Simulates one circuit template for many parameter vectors, eight records side by side.
///
/// Amplitudes are lanes across records, so every gate is the same straight-line arithmetic on full
/// vectors. Memory is bounded by one block of eight records; nothing is allocated per record. A
/// record's results do not depend on its lane, on its block or on the other records. Not shared
/// between threads: `BatchTeam` runs one for each.
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
    public let path: SimulationPath
    let kernels: KernelSet
    let workspace: Workspace
    let program: AngleProgram
    let prepared: PreparedPlan
    let formulas: ClosedFormKernel?
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

    /// - Parameters:
    ///   - kernels: `.reference` runs plain Swift instead of the C kernels: the same bits, slower.
    ///   - path: how exact expectations of Z strings are found.
    public init(
        _ plan: SimulationPlan, kernels: KernelSet = .vectorised,
        path: SimulationPath = .automatic
    ) {
        self.plan = plan
        self.path = path
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
        program = AngleProgram(angles: plan.angles, slots: plan.slots)
        prepared = PreparedPlan(plan)
        if let form = plan.closedForm, path != .general {
            formulas = ClosedFormKernel(form, plan)
        } else {
            formulas = nil
        }
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
        if !prepared.linkEnds.isEmpty {
            unsafe kernels.chains(
                prepared.links, prepared.linkEnds, workspace.cosines, workspace.sines,
                workspace.matrices)
        }
        var steps = plan.steps[...]
        if prepared.startsInProduct {
            unsafe kernels.startProduct(
                workspace.state, plan.qubits, prepared.starts, workspace.matrices)
        } else if prepared.uniformBits == UInt32(plan.states - 1),
            case .diagonal(let table) = steps.first
        {
            // A uniform state times a table is the table.
            startFrom(table)
            steps = steps.dropFirst()
        } else {
            unsafe kernels.start(workspace.state, plan.qubits, prepared.uniformBits)
        }
        for step in steps { run(step) }
    }

    private mutating func startFrom(_ table: Int) {
        if tables[table].buffer == 0 {
            unsafe build(table, into: workspace.state, workspace.sines, workspace.slots)
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
        case .phases(let group):
            unsafe buildFactors(group, workspace.sines)
            unsafe kernels.multiplyGroups(
                workspace.state, plan.states, prepared.groups[group], workspace.factors)
        case .hadamards(let mask):
            unsafe kernels.walsh(workspace.state, plan.qubits, mask, 2 * Self.lanes)
        case .rotation(let rotation):
            let lane = rotation.slot * Self.lanes
            unsafe kernels.rotate(
                workspace.state, plan.states, rotation, workspace.cosines + lane,
                workspace.sines + lane)
        case .pair(let pairing, let chain):
            let matrix = unsafe workspace.matrices + chain * Int(qk_matrix_doubles)
            unsafe kernels.pair(workspace.state, plan.states, qk_pairing(pairing), matrix)
        case .quads(let index):
            unsafe kernels.quads(workspace.state, plan.states, prepared.quads[index])
        }
    }

    /// The factors of one step's groups, into the workspace.
    func buildFactors(_ group: Int, _ sines: UnsafeMutablePointer<Double>) {
        for (index, slots) in prepared.groups[group].slots.enumerated() {
            let place = index * Int(qk_group_patterns) * 2 * Self.lanes
            unsafe kernels.phaseFactors(
                workspace.factors + place, slots, workspace.cosines, sines)
        }
    }

    mutating func built(_ index: Int) -> UnsafeMutablePointer<Double> {
        let buffer = unsafe workspace.tables + tables[index].buffer * plan.states * 2 * Self.lanes
        if tables[index].buffer == 0 || !tables[index].isBuilt {
            unsafe build(index, into: buffer, workspace.sines, workspace.slots)
            tables[index].isBuilt = true
        }
        return unsafe buffer
    }

    /// - Parameters:
    ///   - sines, slots: the workspace's, or their opposites for the table's conjugate.
    func build(
        _ index: Int, into buffer: UnsafeMutablePointer<Double>,
        _ sines: UnsafeMutablePointer<Double>, _ slots: UnsafeMutablePointer<Double>
    ) {
        let table = tables[index]
        switch table.table {
        case .twoLocal(let constant, _, _):
            unsafe kernels.twoLocalTable(
                buffer, plan.qubits, constant, table.linear, table.pairs, workspace.cosines,
                sines)
        case .parities:
            unsafe kernels.parityTable(
                buffer, workspace.probabilities, plan.qubits, table.linear, table.pairs, slots)
        }
    }

    /// Each Hadamard left out its 1/√2: exact in binary.
    var probabilityScale: Double {
        (0..<plan.hadamardCount).reduce(1.0) { scale, _ in scale * 0.5 }
    }

    /// |amplitude|² of the block in logical order, into the workspace.
    func takeProbabilities() {
        unsafe kernels.probabilities(
            workspace.state, plan.states, probabilityScale, order, workspace.probabilities)
    }
}
