import Synchronization

private let libraryLock = Mutex(())

/// Runs one call into LAPACKE or CBLAS, while no other thread of the process is in one.
///
/// The serial OpenBLAS 0.3.21 of Debian is not safe to call from two threads at once: its
/// factorisations share work buffers without a lock. Measured with four threads on two cores, up
/// to one `dposv` in eighty gave a wrong solution or a false "not positive definite". Nothing on a
/// data path calls the library, so one lock costs nothing; no other module may import CLAPACKE.
func withLibrary<Result>(_ call: () -> Result) -> Result {
    libraryLock.withLock { _ in call() }
}
