import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first asks everything to drain, the second ends the process at once.
final class StopSignal: Sendable {
    static let shared = StopSignal()

    private let flag = Atomic(false)
    private let wakeUp = DispatchSemaphore(value: 0)

    var isRequested: Bool { flag.load(ordering: .acquiring) }

    func request() {
        flag.store(true, ordering: .releasing)
        wakeUp.signal()
    }

    /// Waits until a stop is requested, at most `seconds`.
    ///
    /// - Returns: whether it is.
    @discardableResult
    func wait(seconds: Double) -> Bool {
        if isRequested { return true }
        _ = wakeUp.wait(timeout: .now() + seconds)
        if isRequested { wakeUp.signal() }
        return isRequested
    }

    /// Blocks both signals in this thread and all that it starts, and waits for them in one of its
    /// own.
    ///
    /// Must run before any other thread exists.
    func install() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let waited = signals
        let thread = Thread { [self] in
            var signals = waited
            var received: Int32 = 0
            while unsafe sigwait(&signals, &received) == 0 {
                if isRequested { _exit(130) }
                Console.note("stopping; once more to stop at once")
                request()
            }
        }
        thread.name = "signals"
        thread.start()
    }
}
