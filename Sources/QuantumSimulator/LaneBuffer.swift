/// Eight doubles per item, aligned for the kernels, for as long as the value lives.
@safe struct LaneBuffer: ~Copyable {
    let items: Int
    let base: UnsafeMutablePointer<Double>

    init(items: Int) {
        self.items = items
        let count = max(items, 1) * BatchSimulator.lanes
        unsafe base = UnsafeMutableRawPointer.allocate(
            byteCount: count * MemoryLayout<Double>.stride, alignment: 64
        ).bindMemory(to: Double.self, capacity: count)
        unsafe base.initialize(repeating: 0, count: count)
    }

    deinit { unsafe base.deallocate() }

    /// The lanes of one item.
    func item(_ index: Int) -> UnsafeMutablePointer<Double> {
        unsafe base + index * BatchSimulator.lanes
    }

    func clear() { unsafe base.update(repeating: 0, count: items * BatchSimulator.lanes) }
}
