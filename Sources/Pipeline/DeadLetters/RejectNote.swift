public import Stages

/// What a message on `rejects` says of itself in its headers.
///
/// The headers come from outside: every part may be absent, repeated or nonsense, and none of that is
/// an error. Of a repeated header the last counts, as in Kafka's own clients: whoever sends a reject
/// on by hand leaves the older ones in front.
public struct RejectNote: Sendable, Equatable {
    /// Where the message stood that was rejected.
    public struct Origin: Hashable, Sendable {
        /// The topic's full name, prefix included.
        public var topic: String
        public var partition: Int32
        public var offset: Int64

        public init(topic: String, partition: Int32, offset: Int64) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
        }
    }

    /// The stage that rejected it; empty when the headers do not say.
    public var stage = ""
    /// What is wrong, a `RejectCode` if Tandem wrote it; empty when the headers do not say.
    public var code = ""
    /// One sentence for people; empty when the headers do not say.
    public var message = ""
    /// Nil unless topic, partition and offset are all there.
    public var origin: Origin?
    /// How many times the message has been sent back to its topic, 0 or more.
    public var attempts = 0

    public init() {}

    public init(headers: [MessageHeader]) {
        func text(_ name: String) -> String? {
            headers.last { $0.name == name }?.text
        }
        stage = text(Name.stage) ?? ""
        code = text(Name.code) ?? ""
        message = text(Name.message) ?? ""
        if let topic = text(Name.topic),
            let partition = text(Name.partition).flatMap({ Int32($0) }),
            let offset = text(Name.offset).flatMap({ Int64($0) }), partition >= 0, offset >= 0
        {
            origin = Origin(topic: topic, partition: partition, offset: offset)
        }
        attempts = text(Self.attemptsHeader).flatMap { Int($0) }.map { max(0, $0) } ?? 0
    }

    /// The headers that say this, and nothing else; reading them gives an equal note.
    public var headers: [MessageHeader] {
        var headers = [
            MessageHeader(Name.stage, stage), MessageHeader(Name.code, code),
            MessageHeader(Name.message, message),
        ]
        if let origin {
            headers += [
                MessageHeader(Name.topic, origin.topic),
                MessageHeader(Name.partition, String(origin.partition)),
                MessageHeader(Name.offset, String(origin.offset)),
            ]
        }
        if attempts > 0 { headers.append(MessageHeader(Self.attemptsHeader, String(attempts))) }
        return headers
    }

    // MARK: The way back

    /// Counts how many times a message was sent back from `rejects`; it comes along when the message
    /// is rejected again.
    public static let attemptsHeader = "tandem-redrive-attempts"

    private static let errorPrefixes = ["tandem-error-", "__connect.errors."]

    private enum Name {
        static let stage = "tandem-error-stage"
        static let code = "tandem-error-code"
        static let message = "tandem-error-message"
        static let topic = "tandem-error-topic"
        static let partition = "tandem-error-partition"
        static let offset = "tandem-error-offset"
    }

    /// The headers that a rejected message came with: those of the rejection and of earlier attempts
    /// taken off, the others untouched and in their order.
    public static func original(_ headers: [MessageHeader]) -> [MessageHeader] {
        headers.filter { header in
            header.name != attemptsHeader
                && !errorPrefixes.contains { header.name.hasPrefix($0) }
        }
    }

    /// The headers of a message on its way back for the `attempt`-th time.
    public static func redriven(_ headers: [MessageHeader], attempt: Int) -> [MessageHeader] {
        original(headers) + [MessageHeader(attemptsHeader, String(attempt))]
    }
}
