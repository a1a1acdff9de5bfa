public import Contracts
public import Determinism

/// A header of a message, as Kafka carries it.
public struct MessageHeader: Sendable, Equatable {
    public var name: String
    /// Nil for a header without a value, which Kafka tells from an empty one.
    public var value: [UInt8]?

    public init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: String) { self.init(name, [UInt8](value.utf8)) }

    /// The value as UTF-8; nil without one.
    public var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }
}

/// Where a consumed message stands.
public struct MessagePosition: Hashable, Sendable {
    public var topic: Topic
    public var partition: Int32
    public var offset: Int64

    public init(topic: Topic, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// A consumed message; its bytes are ranges of the batch's arena.
public struct InboundMessage: Sendable {
    public var position: MessagePosition
    /// The message's Kafka timestamp.
    public var timestamp: Timestamp
    /// Nil for a message without a key.
    var key: Range<Int>?
    /// Nil for a message without a value (a tombstone).
    var value: Range<Int>?
    public var headers: [MessageHeader]
}

/// The messages of one poll, copied once into one arena that the JSON parser can read in place.
public struct InboundBatch: ~Copyable {
    private var arena = ByteWriter()
    public private(set) var messages: [InboundMessage] = []
    /// What the cluster's topic names begin with; set by whoever fills the batch.
    public var topicPrefix = ""

    public init() {}

    public var count: Int { messages.count }
    public var isEmpty: Bool { messages.isEmpty }

    public mutating func removeAll() {
        arena.removeAll()
        messages.removeAll(keepingCapacity: true)
    }

    public mutating func append(
        at position: MessagePosition, timestamp: Timestamp, key: ByteSlice?, value: ByteSlice?,
        headers: [MessageHeader] = []
    ) {
        let keyRange = key.map { copy($0) }
        let valueRange = value.map { copy($0) }
        messages.append(
            InboundMessage(
                position: position, timestamp: timestamp, key: keyRange, value: valueRange,
                headers: headers))
    }

    /// Appends a message of another batch.
    public mutating func append(copying index: Int, of other: borrowing InboundBatch) {
        let message = other.messages[index]
        append(
            at: message.position, timestamp: message.timestamp, key: other.key(index),
            value: other.value(index), headers: message.headers)
    }

    private mutating func copy(_ slice: ByteSlice) -> Range<Int> {
        let start = arena.count
        arena.append(slice)
        return start..<arena.count
    }

    public func key(_ index: Int) -> ByteSlice? { messages[index].key.map { arena.slice($0) } }

    public func value(_ index: Int) -> ByteSlice? { messages[index].value.map { arena.slice($0) } }
}

/// A message to produce; its bytes are ranges of the batch's arena.
public struct OutboundMessage: Sendable {
    public var topic: Topic
    var keyRange: Range<Int>?
    var valueRange: Range<Int>?
    public var headers: [MessageHeader]
    /// Nil for the time of production.
    public var timestamp: Timestamp?
    /// Nil for the partition that the key's hash names.
    public var partition: Int32?
}

/// What a stage did with a batch: messages to produce, and which inputs stay open.
///
/// An input counts as done when `process` returns, unless the stage holds it: then its offset is
/// committed only after the stage has released it and everything written by then is acknowledged.
public struct OutboundBatch: ~Copyable {
    private var arena = ByteWriter()
    public private(set) var messages: [OutboundMessage] = []
    public private(set) var held: [MessagePosition] = []
    public private(set) var released: [MessagePosition] = []

    public init() {}

    public mutating func removeAll() {
        arena.removeAll()
        messages.removeAll(keepingCapacity: true)
        held.removeAll(keepingCapacity: true)
        released.removeAll(keepingCapacity: true)
    }

    public func key(_ index: Int) -> ByteSlice? { messages[index].keyRange.map { arena.slice($0) } }
    public func value(_ index: Int) -> ByteSlice? {
        messages[index].valueRange.map { arena.slice($0) }
    }

    /// Appends a message whose value `write` produces in place.
    public mutating func emit(
        to topic: Topic, key: ByteSlice, headers: [MessageHeader] = [],
        _ write: (inout ByteWriter) -> Void
    ) {
        let keyStart = arena.count
        arena.append(key)
        let valueStart = arena.count
        write(&arena)
        messages.append(
            OutboundMessage(
                topic: topic, keyRange: keyStart..<valueStart, valueRange: valueStart..<arena.count,
                headers: headers, timestamp: nil))
    }

    public mutating func emit(
        to topic: Topic, key: ByteSlice, headers: [MessageHeader] = [], _ message: some TopicMessage
    ) {
        emit(to: topic, key: key, headers: headers) { message.write(into: &$0) }
    }

    /// Appends a message keyed by sixteen hexadecimal digits.
    ///
    /// - Parameter partition: where it goes, so that what belongs to a record stands in the
    ///   partition of the record's number.
    public mutating func emit(
        to topic: Topic, hexKey: UInt64, partition: Int32, _ message: some TopicMessage
    ) {
        let keyStart = arena.count
        arena.append(hex: hexKey)
        let valueStart = arena.count
        message.write(into: &arena)
        messages.append(
            OutboundMessage(
                topic: topic, keyRange: keyStart..<valueStart, valueRange: valueStart..<arena.count,
                headers: [], timestamp: nil, partition: partition))
    }

    /// Appends a message keyed by text.
    ///
    /// - Parameter partition: where it goes; nil for the partition that the key's hash names.
    public mutating func emit(
        to topic: Topic, textKey: String, partition: Int32? = nil, _ message: some TopicMessage
    ) {
        let keyStart = arena.count
        arena.append(textKey)
        let valueStart = arena.count
        message.write(into: &arena)
        messages.append(
            OutboundMessage(
                topic: topic, keyRange: keyStart..<valueStart, valueRange: valueStart..<arena.count,
                headers: [], timestamp: nil, partition: partition))
    }

    /// Appends a message with ready bytes; nil for no key or no value.
    public mutating func emit(
        to topic: Topic, key: ByteSlice?, value: ByteSlice?, headers: [MessageHeader],
        timestamp: Timestamp?
    ) {
        let keyRange = key.map { copy($0) }
        let valueRange = value.map { copy($0) }
        messages.append(
            OutboundMessage(
                topic: topic, keyRange: keyRange, valueRange: valueRange, headers: headers,
                timestamp: timestamp))
    }

    private mutating func copy(_ slice: ByteSlice) -> Range<Int> {
        let start = arena.count
        arena.append(slice)
        return start..<arena.count
    }

    /// Keeps an input of the current batch open; called in the batch's order.
    public mutating func hold(_ position: MessagePosition) { held.append(position) }

    /// Closes an input that was held.
    public mutating func release(_ position: MessagePosition) { released.append(position) }
}
