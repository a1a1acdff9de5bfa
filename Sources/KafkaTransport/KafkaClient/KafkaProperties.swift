internal import Contracts

/// The librdkafka properties that Tandem sets, each with its reason; the user's own win over them.
enum KafkaProperties {
    static func producer(
        _ address: ClusterAddress, clientID: String, transactionalID: String? = nil
    ) -> [String: String] {
        var properties = base(address, clientID: clientID)
        properties["enable.idempotence"] = "true"
        if let transactionalID {
            properties["transactional.id"] = transactionalID
            // How long a dead instance's open transaction hides what stands behind it, unless the
            // instance comes back: shorter than a consumer's session, after which its partitions
            // find a new owner, and longer than any commit that goes well.
            properties["transaction.timeout.ms"] = "10000"
        }
        // One batch per partition and turn of the loop: less costs requests, more costs latency.
        properties["linger.ms"] = address.isEmbedded ? "10" : "5"
        properties["batch.num.messages"] = "10000"
        // Bounds one message, not a batch: a reject carries its record whole.
        properties["message.max.bytes"] = String(TopicDeclaration.maximumRejectBytes)
        properties["queue.buffering.max.messages"] = "1000000"
        properties["queue.buffering.max.kbytes"] = "262144"
        // As the Java client partitions: foreign producers and ours agree where an id lives.
        properties["partitioner"] = "murmur2_random"
        if !address.isEmbedded { properties["compression.type"] = "lz4" }
        return properties.merging(common(address, without: .consumer)) { $1 }
            .merging(address.producer) { $1 }
    }

    static func reader(_ address: ClusterAddress, clientID: String) -> [String: String] {
        var properties = base(address, clientID: clientID)
        properties["group.id"] = "tandem-reader"
        properties["enable.auto.commit"] = "false"
        properties["enable.auto.offset.store"] = "false"
        properties["enable.partition.eof"] = "true"
        // An offset out of range must be an error: skipping would lose records in silence.
        properties["auto.offset.reset"] = "error"
        // Bounds what a slow stage keeps in memory.
        properties["queued.max.messages.kbytes"] = "16384"
        properties["queued.min.messages"] = "20000"
        // A real broker answers as soon as a byte is there; the embedded one always waits this
        // long.
        properties["fetch.wait.max.ms"] = address.isEmbedded ? "5" : "100"
        properties["fetch.error.backoff.ms"] = "50"
        return properties.merging(ofConsumers(address)) { $1 }
    }

    /// Of who reads a changelog from end to end before anything else can happen.
    static func changelogReader(_ address: ClusterAddress, clientID: String) -> [String: String] {
        var properties = reader(address, clientID: clientID)
        // librdkafka 2.0.2 fetches nothing for a second from a partition of which so many messages
        // wait: the reader takes a million in that time. Memory is bounded by bytes.
        properties["queued.min.messages"] = "10000000"
        properties["queued.max.messages.kbytes"] = "65536"
        return properties.merging(ofConsumers(address)) { $1 }
    }

    /// - Parameter instance: a stable name for static membership; nil for a member that leaves when
    ///   it
    /// closes.
    static func member(
        _ address: ClusterAddress, clientID: String, group: String, instance: String?
    ) -> [String: String] {
        var properties = reader(address, clientID: clientID)
        properties["group.id"] = group
        properties["enable.partition.eof"] = "false"
        // Several cooperative-sticky defects were mended after librdkafka 2.0.2.
        properties["partition.assignment.strategy"] = "range"
        if let instance { properties["group.instance.id"] = instance }
        let own = ofConsumers(address)
        if address.isEmbedded {
            // It rebalances a group that has had members only when their session would have ended.
            let heartbeat = own["heartbeat.interval.ms"].flatMap { Int($0) } ?? 1_000
            properties["heartbeat.interval.ms"] = String(heartbeat)
            properties["session.timeout.ms"] = String(max(6_000, 3 * heartbeat))
        }
        return properties.merging(own) { $1 }
    }

    /// Sees messages of open transactions too: for the true end of a partition.
    static func uncommittedReader(_ address: ClusterAddress, clientID: String) -> [String: String] {
        reader(address, clientID: clientID).merging(["isolation.level": "read_uncommitted"]) { $1 }
    }

    /// The user's properties of consumers.
    private static func ofConsumers(_ address: ClusterAddress) -> [String: String] {
        common(address, without: .producer).merging(address.consumer) { $1 }
    }

    /// The user's properties of all clients, without those that librdkafka would ignore with a
    /// warning from each client.
    private static func common(
        _ address: ClusterAddress, without side: KafkaPropertyTable.Side
    ) -> [String: String] {
        address.common.filter { KafkaPropertyTable.library.side(of: $0.key) != side }
    }

    private static func base(_ address: ClusterAddress, clientID: String) -> [String: String] {
        [
            "bootstrap.servers": address.brokers,
            "client.id": clientID,
            "socket.nagle.disable": "true",
            "topic.metadata.refresh.interval.ms": "60000",
            // A topic created a moment ago must be found soon.
            "topic.metadata.refresh.fast.interval.ms": "100",
            "reconnect.backoff.max.ms": "1000",
            "log_level": "4",
        ]
    }
}
