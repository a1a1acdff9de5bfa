/// A metric with its samples: what a scrape sees under one name.
public struct MetricFamily: Sendable, Equatable {
    /// The kinds of the exposition format that are used here.
    public enum Kind: String, Sendable {
        case counter, gauge, summary
    }

    public let name: String
    public let help: String
    public let kind: Kind
    public var samples: [MetricSample]

    public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [MetricSample] = []) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}

/// One value of a metric.
public struct MetricSample: Sendable, Equatable {
    /// Goes after the family's name: `_sum` and `_count` of a summary.
    public let suffix: String
    public let labels: [MetricLabel]
    public let value: Double

    public init(_ value: Double, _ labels: [MetricLabel] = [], suffix: String = "") {
        self.suffix = suffix
        self.labels = labels
        self.value = value
    }

    public init(_ value: Int, _ labels: [MetricLabel] = []) {
        self.init(Double(value), labels)
    }

    /// 1 for what holds, 0 for what does not.
    public init(_ value: Bool, _ labels: [MetricLabel] = []) {
        self.init(value ? 1.0 : 0.0, labels)
    }
}

public struct MetricLabel: Sendable, Equatable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
