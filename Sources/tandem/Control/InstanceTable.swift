import Contracts
import Determinism

/// What the stages of all processes said last of the settings that they have in force.
struct InstanceTable {
    struct Entry {
        var message: InstanceMessage
        /// When it was heard of last: by this clock for what came while it was looked, by its own
        /// for what stood there before.
        var heardAt: Timestamp
    }

    /// How often an instance says what it has in force, whether or not that changed.
    static let heartbeat = TimeSpan.seconds(1 as Int64)
    /// An instance that has said nothing for so long is gone, or cut off: five heartbeats.
    static let lifetime = TimeSpan.seconds(5 as Int64)
    /// One that has said nothing for so long is not even named: clocks that are further apart are
    /// another trouble, deadlines would not hold either.
    static let doubt = TimeSpan.seconds(600 as Int64)

    private(set) var entries: [String: Entry] = [:]

    /// - Parameters:
    ///   - value: nil for an instance that has ended in order.
    ///   - seenAt: by this clock; nil for what stood there before it was looked.
    /// - Returns: the message; nil for the end of one, or what cannot be read.
    @discardableResult
    mutating func take(
        key: ByteSlice?, value: ByteSlice?, seenAt: Timestamp?, with parser: JSONParser
    ) -> InstanceMessage? {
        guard let value else {
            if let key { entries[key.string] = nil }
            return nil
        }
        var message = InstanceMessage()
        guard (try? message.read(value, with: parser)) != nil else { return nil }
        entries[message.key] = Entry(message: message, heardAt: seenAt ?? message.at)
        return message
    }

    /// Entries of some stages, in order of stage and name.
    func entries(of stages: [StageName]) -> [Entry] {
        stages.flatMap { stage in
            entries.values.filter { $0.message.stage == stage }
                .sorted { $0.message.instance < $1.message.instance }
        }
    }

    /// Those heard of within `lifetime`.
    func alive(_ stages: [StageName], now: Timestamp) -> [Entry] {
        entries(of: stages).filter { now - $0.heardAt < Self.lifetime }
    }
}
