import FuzzTargets
import Glibc

/// libFuzzer's entry: one input for the target that `TANDEM_FUZZ_TARGET` names.
///
/// libFuzzer brings `main`; this target exists only for `.ci/fuzz`.
private let target: FuzzTarget = {
    let name = unsafe getenv("TANDEM_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget.named(name) else {
        let known = FuzzTarget.all.map(\.name).joined(separator: ", ")
        fatalError("TANDEM_FUZZ_TARGET is '\(name)'; it must be one of \(known)")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if case .broken(let problem) = target.run(bytes) { fatalError("\(target.name): \(problem)") }
    return 0
}
