internal import CRdkafka
internal import Synchronization

/// Where librdkafka's log lines and client errors go; called from its threads.
public typealias KafkaLog = @Sendable (_ level: Int, _ line: String) -> Void

/// A librdkafka client: created from properties, destroyed with the object.
///
/// The callbacks' context lives as long as the client. Used by one thread, except where librdkafka
/// itself says that a call is thread-safe.
@safe
final class KafkaHandle {
    enum Kind { case producer, consumer }

    let pointer: OpaquePointer
    private let context: Unmanaged<CallbackContext>

    init(
        _ kind: Kind, properties: [String: String], callbacks: CallbackContext,
        configure: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) {
        guard let conf = unsafe rd_kafka_conf_new() else {
            throw KafkaError(code: -1, "librdkafka is out of memory")
        }
        unsafe try Self.set(properties, on: conf)
        let retained = unsafe Unmanaged.passRetained(callbacks)
        unsafe rd_kafka_conf_set_opaque(conf, retained.toOpaque())
        unsafe rd_kafka_conf_set_log_cb(conf, forwardLog)
        unsafe rd_kafka_conf_set_error_cb(conf, forwardError)
        unsafe configure(conf)
        let type = kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
        var words = [CChar](repeating: 0, count: 512)
        guard let handle = unsafe rd_kafka_new(type, conf, &words, words.count) else {
            unsafe rd_kafka_conf_destroy(conf)
            unsafe retained.release()
            throw KafkaError(code: -1, "cannot make a Kafka client: \(text(words))")
        }
        unsafe pointer = handle
        unsafe context = retained
    }

    private static func set(
        _ properties: [String: String], on conf: OpaquePointer
    ) throws(KafkaError) {
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            var words = [CChar](repeating: 0, count: 512)
            let result = unsafe rd_kafka_conf_set(conf, name, value, &words, words.count)
            guard result == RD_KAFKA_CONF_OK else {
                unsafe rd_kafka_conf_destroy(conf)
                throw KafkaError.property(name, text(words))
            }
        }
    }

    deinit {
        unsafe rd_kafka_destroy(pointer)
        unsafe context.release()
    }

    /// Fails within `timeout` when no broker answers.
    func requireBroker(_ brokers: String, timeout: Int32 = 3_000) throws(KafkaError) {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = unsafe rd_kafka_metadata(pointer, 0, nil, &metadata, timeout)
        if let metadata = unsafe metadata { unsafe rd_kafka_metadata_destroy(metadata) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let words = unsafe String(cString: rd_kafka_err2str(error))
            let problem = unsafe context.takeUnretainedValue().connectionProblem
            throw KafkaError.unreachable(brokers, problem ?? words)
        }
    }

    /// What the cluster calls itself; nil when it does not say so within a second.
    var clusterID: String? {
        guard let text = unsafe rd_kafka_clusterid(pointer, 1_000) else { return nil }
        defer { unsafe rd_kafka_mem_free(pointer, text) }
        return unsafe String(cString: text)
    }
}

func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// What callbacks reach through librdkafka's opaque pointer.
class CallbackContext {
    private let log: KafkaLog
    /// Lines held back until `release`; nil when lines are passed on as they come.
    private let held: Mutex<[(level: Int, line: String)]?>

    /// - Parameter holdsLines: keeps lines back while it is open whether any broker answers; should none, the
    ///   error names the reason once.
    init(log: @escaping KafkaLog, holdsLines: Bool = false) {
        self.log = log
        held = Mutex(holdsLines ? [] : nil)
    }

    func write(_ level: Int, _ line: String) {
        let isHeld = held.withLock { lines in
            guard lines != nil else { return false }
            if lines?.count ?? 0 < 100 { lines?.append((level, line)) }
            return true
        }
        if !isHeld { log(level, line) }
    }

    /// Passes on what was held back, and everything from now on.
    func release() {
        let lines = held.withLock { lines in
            defer { lines = nil }
            return lines ?? []
        }
        for (level, line) in lines { log(level, line) }
    }

    /// Why the last connection failed, in the system's words, while lines are held back.
    var connectionProblem: String? {
        held.withLock { lines in
            for (_, line) in (lines ?? []).reversed() {
                if let unresolved = line.ranges(of: "Failed to resolve ").last {
                    let words = line[unresolved.upperBound...]
                    return "cannot resolve " + words.prefix { $0 != "(" }
                }
                guard let failed = line.ranges(of: "failed: ").last else { continue }
                let words = line[failed.upperBound...]
                return String(
                    words.prefix(upTo: words.firstRange(of: " (")?.lowerBound ?? words.endIndex))
            }
            return nil
        }
    }
}

private func contextOf(_ handle: OpaquePointer?) -> CallbackContext? {
    guard let handle = unsafe handle, let opaque = unsafe rd_kafka_opaque(handle) else {
        return nil
    }
    return unsafe Unmanaged<CallbackContext>.fromOpaque(opaque).takeUnretainedValue()
}

private func forwardLog(
    _ handle: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?,
    _ line: UnsafePointer<CChar>?
) {
    guard let line = unsafe line else { return }
    unsafe contextOf(handle)?.write(Int(level), String(cString: line))
}

private func forwardError(
    _ handle: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let opaque = unsafe opaque, let reason = unsafe reason else { return }
    let context = unsafe Unmanaged<CallbackContext>.fromOpaque(opaque).takeUnretainedValue()
    context.write(3, unsafe String(cString: reason))
}
