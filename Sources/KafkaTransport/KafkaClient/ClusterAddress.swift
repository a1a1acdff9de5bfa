/// How to reach a cluster: addresses and librdkafka's own properties, passed through verbatim.
public struct ClusterAddress: Sendable {
    /// `host:port,host:port`.
    public var brokers: String
    /// Properties for every client, then those for consumers and producers only; these win over
    /// Tandem's own.
    public var common: [String: String] = [:]
    public var consumer: [String: String] = [:]
    public var producer: [String: String] = [:]
    public var topicPrefix = "tandem."
    /// The embedded cluster, of this process or another: it answers an empty fetch only after
    /// `fetch.wait.max.ms`, and rebalances slowly.
    public var isEmbedded = false

    public init(brokers: String) { self.brokers = brokers }
}
