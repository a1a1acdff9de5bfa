internal import CQuantumKernels
import QuantumCircuit

/// A closed form with the memory for one block of records: angles, sines and cosines, no state.
@safe struct ClosedFormKernel: ~Copyable {
    private let form: ClosedForm
    private let program: AngleProgram
    /// Parameters, angles, slots, cosines, sines; eight doubles each.
    private let storage: UnsafeMutablePointer<Double>
    private let offsets: [Int]

    init(_ form: ClosedForm, _ plan: SimulationPlan) {
        self.form = form
        program = AngleProgram(angles: plan.angles, slots: form.slots)
        var ends = [0]
        let slots = form.slots.count
        for size in [plan.parameters, plan.angles.count, slots, slots, slots] {
            ends.append(ends[ends.count - 1] + size * BatchSimulator.lanes)
        }
        offsets = ends
        let bytes = max(ends[5], 1) * MemoryLayout<Double>.stride
        unsafe storage = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: Double.self, capacity: max(ends[5], 1))
    }

    deinit { unsafe storage.deallocate() }

    /// Sines and cosines of up to eight records.
    func run(
        _ rows: UnsafePointer<Double>, valid: Int, _ plan: SimulationPlan, _ kernels: KernelSet
    ) {
        unsafe kernels.loadLanes(rows, plan.parameters, valid, storage)
        unsafe kernels.phases(program, storage, storage + offsets[1], storage + offsets[2])
        unsafe kernels.sincos(
            storage + offsets[2], storage + offsets[3], storage + offsets[4], form.slots.count)
    }

    func read(
        _ strings: [qk_form_string], _ weights: [Double], valid: Int,
        _ expectations: UnsafeMutablePointer<Double>, _ means: UnsafeMutablePointer<Double>,
        _ kernels: KernelSet
    ) {
        unsafe kernels.closedForm(
            form, strings, weights, storage + offsets[3], storage + offsets[4], valid,
            expectations, means)
    }
}

extension ClosedForm {
    /// Operands of each of the strings that have a formula.
    func strings(_ masks: [UInt32]) -> [qk_form_string] {
        masks.compactMap { operands(of: $0) }.map {
            qk_form_string(first: $0.first, second: $0.second, sign: $0.sign)
        }
    }
}
