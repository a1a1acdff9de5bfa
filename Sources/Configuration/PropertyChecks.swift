/// Why librdkafka does not take a property.
public enum PropertyRefusal: Equatable, Sendable {
    /// It knows no such name; these it knows.
    case unknownName(known: [String])
    /// What it takes, in words.
    case invalid(allowed: String)
}

/// Asks librdkafka, which this module does not know, about a property's name and value.
public typealias PropertyCheck = (_ name: String, _ value: String) -> PropertyRefusal?

/// Properties of librdkafka that are misspelt, out of range, not to be used, or at odds.
enum PropertyChecks {
    /// Properties that Tandem's delivery promises rest on, and whose place is elsewhere.
    private static let reserved: [String: String] = [
        "bootstrap.servers": "use 'brokers'",
        "metadata.broker.list": "use 'brokers'",
        "group.id": "each stage has its own group",
        "transactional.id": "use 'delivery'",
        "enable.idempotence": "Tandem's producers are always idempotent",
        "enable.auto.commit": "offsets are committed after delivery",
        "enable.auto.offset.store": "offsets are committed after delivery",
        "enable.partition.eof": "Tandem sets it where it waits for the end of a topic",
        "auto.offset.reset": "an offset out of range must stop a stage, not skip records",
    ]

    static func check(
        _ kafka: KafkaConfiguration, _ refusal: PropertyCheck,
        _ found: inout ConfigurationChecks.Findings
    ) {
        let maps = [
            ("kafka.common", kafka.common), ("kafka.consumer", kafka.consumer),
            ("kafka.producer", kafka.producer),
        ]
        for (section, properties) in maps {
            for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
                let key = "\(section).\(name)"
                if let why = reserved[name] {
                    found.add(key, "cannot be set: \(why)")
                } else if let refusal = refusal(name, value) {
                    found.problems.append(
                        problem(refusal, section, name, value, found.source(of: key)))
                }
            }
        }
        checkGroup(Group(kafka), &found)
    }

    private static func problem(
        _ refusal: PropertyRefusal, _ section: String, _ name: String, _ value: String,
        _ source: SettingSource
    ) -> ConfigurationProblem {
        let key = "\(section).\(name)"
        switch refusal {
        case .unknownName(let known):
            let near = Suggestion.nearest(to: name, among: known)
            return .unknownKey(
                key, source,
                suggestion: near.map { "; did you mean '\(section).\($0)'?" }
                    ?? "; librdkafka has no such property")
        case .invalid(let allowed):
            let shown = EffectiveConfiguration.isSecret(name) ? "(hidden)" : "'\(value)'"
            return .invalid(shown, key: key, source, allowed: allowed)
        }
    }

    /// What decides whether a member can join its group and stay in it.
    private struct Group {
        let kafka: KafkaConfiguration

        init(_ kafka: KafkaConfiguration) { self.kafka = kafka }

        /// A property as consumers get it, with its key; nil when librdkafka's default holds.
        func setting(_ name: String) -> (key: String, value: String)? {
            if let value = kafka.consumer[name] { return ("kafka.consumer.\(name)", value) }
            return kafka.common[name].map { ("kafka.common.\(name)", $0) }
        }

        func milliseconds(_ name: String) -> (key: String, value: Int)? {
            guard let (key, value) = setting(name), let number = Int(value) else { return nil }
            return (key, number)
        }
    }

    /// Brokers refuse shorter sessions unless their `group.min.session.timeout.ms` is lower than
    /// Kafka's default; the embedded cluster ends them while the group still forms, for ever.
    static let leastSessionMs = 6_000
    /// librdkafka's defaults.
    private static let defaultSessionMs = 45_000
    private static let defaultHeartbeatMs = 3_000
    private static let defaultPollIntervalMs = 300_000

    private static func checkGroup(_ group: Group, _ found: inout ConfigurationChecks.Findings) {
        let session = group.milliseconds("session.timeout.ms")
        let length = session?.value ?? defaultSessionMs
        if let session {
            if session.value < leastSessionMs {
                found.add(
                    session.key,
                    "is \(session.value): allowed is \(leastSessionMs) or more, as brokers demand")
            }
            let interval = group.milliseconds("max.poll.interval.ms")?.value
            if session.value > interval ?? defaultPollIntervalMs {
                found.add(
                    session.key,
                    "is \(session.value): allowed is at most 'max.poll.interval.ms' "
                        + "\(interval ?? defaultPollIntervalMs)")
            }
        }
        let heartbeat = group.milliseconds("heartbeat.interval.ms")
        if let heartbeat, heartbeat.value >= length {
            found.add(
                heartbeat.key,
                "is \(heartbeat.value): allowed is less than 'session.timeout.ms' \(length), or the "
                    + "group takes the member for dead")
        }
        if let strategy = group.setting("partition.assignment.strategy"),
            strategy.value.contains("cooperative")
        {
            found.add(
                strategy.key,
                "is '\(strategy.value)': allowed are range and roundrobin; stages hand partitions "
                    + "over whole")
        }
    }
}
