import Contracts
import Stages

extension InboundBatch {
    /// Calls `body` once for each run of consecutive messages of one partition: one look-up for a
    /// run, not for each message.
    func forEachRun(_ body: (TopicPartition, Range<Int>) -> Void) {
        var start = 0
        while start < count {
            let first = messages[start].position
            var end = start + 1
            while end < count, messages[end].position.partition == first.partition,
                messages[end].position.topic == first.topic
            {
                end += 1
            }
            body(TopicPartition(topic: first.topic, partition: first.partition), start..<end)
            start = end
        }
    }

    /// Takes messages out.
    ///
    /// - Parameters:
    ///   - indices: ascending.
    ///   - spare: a batch to work in; it changes places with this one.
    mutating func remove(_ indices: [Int], through spare: inout InboundBatch) {
        guard !indices.isEmpty else { return }
        spare.removeAll()
        spare.topicPrefix = topicPrefix
        var next = 0
        for index in 0..<count {
            if next < indices.count, indices[next] == index {
                next += 1
            } else {
                spare.append(copying: index, of: self)
            }
        }
        swap(&self, &spare)
    }
}
