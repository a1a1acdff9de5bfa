import Contracts
import KafkaTransport
import Models
import Stages

/// Puts messages on control-plane topics and waits until the cluster has them.
enum ModelPublisher {
    static func publish(_ bundle: ModelBundle, name: String, to address: ClusterAddress) throws {
        let bytes = OwnedBytes(try bundle.encoded())
        // The version first: whoever sees the new current model can look the old one up by then.
        try write(bytes, key: "\(name)@\(bundle.version)", topic: .models, address)
        try write(bytes, key: name, topic: .models, address)
    }

    private static func write(
        _ value: OwnedBytes, key: String, topic: Topic, _ address: ClusterAddress
    ) throws {
        let writer = try KafkaWriter(address, clientID: "tandem-control", log: ClusterSession.log)
        try writer.requireBroker(address.brokers)
        var batch = OutboundBatch()
        let key = OwnedBytes(key)
        withExtendedLifetime((key, value)) {
            batch.emit(
                to: topic, key: key.slice, value: value.slice, headers: [], timestamp: nil)
        }
        try writer.send(batch)
        try writer.flush(timeout: 10_000)
    }
}
