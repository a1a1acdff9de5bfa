/// One figure of `tandem bench quantum`, beside a peer's if there is one.
struct BenchRow: Encodable {
    let work: String
    let qubits: Int
    let threads: Int
    /// Pieces of work a second: records, matrices, gradients or circuits, as the work says.
    let rate: Double
    /// Another simulator on the same work in the same run.
    var peer: String?
    var peerRate: Double?
    /// Of a large state: bytes a second that its passes read and wrote.
    var stateBytesPerSecond: Double?
    /// Of a large state: what this machine's memory gives as many threads.
    var triadBytesPerSecond: Double?

    /// How many times faster Tandem is.
    var ratio: Double? { peerRate.map { rate / $0 } }

    private enum Key: String, CodingKey {
        case work, qubits, threads, rate, peer, peerRate, ratio
        case stateBytesPerSecond, triadBytesPerSecond
    }

    /// Without a peer, its three keys are null; keys of large states are on their rows alone.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(work, forKey: .work)
        try container.encode(qubits, forKey: .qubits)
        try container.encode(threads, forKey: .threads)
        try container.encode(rate, forKey: .rate)
        try container.encode(peer, forKey: .peer)
        try container.encode(peerRate, forKey: .peerRate)
        try container.encode(ratio, forKey: .ratio)
        try container.encodeIfPresent(stateBytesPerSecond, forKey: .stateBytesPerSecond)
        try container.encodeIfPresent(triadBytesPerSecond, forKey: .triadBytesPerSecond)
    }
}
