import Contracts
import Foundation
import Observability
import Testing
import Yams

@Suite("The files in deploy/ that read metrics")
struct MonitoringFilesTests {
    static let deploy = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "deploy")

    /// Labels that Prometheus adds when it scrapes.
    private static let scrapeLabels: Set<String> = ["job", "instance"]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: deploy.appending(path: path), encoding: .utf8)
    }

    /// Every alert's rule, and its fields.
    private static func alerts() throws -> [[String: Any]] {
        let root = try Yams.load(yaml: try text("prometheus/alerts.yml")) as? [String: Any]
        let groups = try #require(root?["groups"] as? [[String: Any]])
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
    }

    private static func dashboard() throws -> [String: Any] {
        let data = Data(try text("grafana/tandem.json").utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Every PromQL expression, with the file and the title that it stands under.
    private static func expressions() throws -> [(place: String, query: String)] {
        let alerts = try alerts().map { ("alert \($0["alert"] ?? "")", "\($0["expr"] ?? "")") }
        let root = try dashboard()
        let panels = try #require(root["panels"] as? [[String: Any]])
        let targets = panels.flatMap { panel in
            (panel["targets"] as? [[String: Any]] ?? []).map {
                ("panel \(panel["title"] ?? "")", "\($0["expr"] ?? "")")
            }
        }
        let templating = root["templating"] as? [String: Any]
        let variables = (templating?["list"] as? [[String: Any]] ?? [])
            .compactMap { $0["definition"] as? String }.map { ("variable", $0) }
        return (alerts + targets + variables).map { (place: $0.0, query: $0.1) }
    }

    /// Sample names as the exposition has them, and the labels of each.
    private static func exposed() -> [String: Set<String>] {
        var labels: [String: Set<String>] = [:]
        for family in Fixture.full().metrics {
            for sample in family.samples {
                labels[family.name + sample.suffix, default: []]
                    .formUnion(sample.labels.map(\.name))
            }
        }
        return labels
    }

    @Test("every metric that they name is exposed")
    func names() throws {
        let exposed = Self.exposed()
        let expressions = try Self.expressions()
        #expect(expressions.count > 40)
        for (place, query) in expressions {
            let names = query.matches(of: /\b(?:tandem|process)_[a-z_]+/).map { String($0.0) }
            #expect(!names.isEmpty || query.hasPrefix("up{"), "\(place): no metric in \(query)")
            for name in names { #expect(exposed[name] != nil, "\(place): \(name)") }
        }
    }

    @Test("every metric that is exposed is on the dashboard or in an alert")
    func coverage() throws {
        let queries = try Self.expressions().map(\.query).joined(separator: "\n")
        for family in Fixture.full().metrics {
            #expect(queries.contains(family.name), "nobody looks at \(family.name)")
        }
    }

    @Test("every label that they match or group by is one of the metric's")
    func labels() throws {
        let exposed = Self.exposed()
        let all = exposed.values.reduce(Self.scrapeLabels) { $0.union($1) }
        for (place, query) in try Self.expressions() {
            for match in query.matches(of: /\b([a-z_]+)\{([^}]*)\}/) {
                let known = exposed[String(match.1)] ?? []
                for label in match.2.matches(of: /([a-z_]+)\s*(?:=~|!~|!=|=)/) {
                    let name = String(label.1)
                    #expect(
                        known.contains(name) || Self.scrapeLabels.contains(name),
                        "\(place): \(match.1) has no label \(name)")
                }
            }
            for group in query.matches(of: /\bby\s*\(([^)]*)\)/) {
                for name in group.1.split(separator: /[,\s]+/) {
                    #expect(all.contains(String(name)), "\(place): no metric has label \(name)")
                }
            }
        }
    }

    @Test("every stage, reason, state and mode that they name exists")
    func values() throws {
        let known = [
            "stage": StageName.allCases.map(\.rawValue),
            "reason": ReasonCode.allCases.map(\.rawValue),
            "state": DeviceState.allCases.map(\.rawValue), "mode": Mode.allCases.map(\.rawValue),
        ]
        var seen = 0
        for (place, query) in try Self.expressions() {
            for match in query.matches(of: /\b(stage|reason|state|mode)=~?"([^"]*)"/) {
                for value in match.2.split(separator: "|") {
                    seen += 1
                    let exists = known[String(match.1)]?.contains(String(value)) == true
                    #expect(exists, "\(place): no \(match.1) is called \(value)")
                }
            }
        }
        #expect(seen > 10)
    }

    @Test("every alert says how urgent it is, what is wrong and what to do")
    func alertTexts() throws {
        let alerts = try Self.alerts()
        let names = alerts.compactMap { $0["alert"] as? String }
        #expect(names.count == alerts.count)
        #expect(Set(names).count == names.count)
        for alert in alerts {
            let name = "\(alert["alert"] ?? "")"
            let severity = (alert["labels"] as? [String: Any])?["severity"] as? String
            #expect(["page", "ticket"].contains(severity), "\(name): \(severity ?? "none")")
            let annotations = alert["annotations"] as? [String: String] ?? [:]
            #expect(annotations["summary"]?.isEmpty == false, "\(name)")
            #expect(annotations["description"]?.isEmpty == false, "\(name)")
        }
    }

    @Test("Prometheus scrapes every stage of compose.yaml where it listens")
    func scrapeTargets() throws {
        let root = try Yams.load(yaml: try Self.text("prometheus/prometheus.yml"))
        let jobs = (root as? [String: Any])?["scrape_configs"] as? [[String: Any]]
        let statics = try #require(jobs?.first?["static_configs"] as? [[String: Any]])
        let targets = statics.flatMap { $0["targets"] as? [String] ?? [] }
        #expect(Set(targets) == Set(StageName.allCases.map { "\($0.rawValue):8080" }))
        let compose = try Yams.load(yaml: try Self.text("compose.yaml")) as? [String: Any]
        let services = try #require(compose?["services"] as? [String: Any])
        for stage in StageName.allCases {
            let service = services[stage.rawValue] as? [String: Any]
            let environment = service?["environment"] as? [String: Any]
            #expect(environment?["TANDEM_HTTP_PORT"] as? Int == 8_080, "\(stage)")
            #expect(environment?["TANDEM_HTTP_HOST"] as? String == "0.0.0.0", "\(stage)")
        }
    }

    @Test("the rules that Prometheus loads are in the folder")
    func ruleFiles() throws {
        let root = try Yams.load(yaml: try Self.text("prometheus/prometheus.yml"))
        let files = try #require((root as? [String: Any])?["rule_files"] as? [String])
        #expect(!files.isEmpty)
        for file in files { #expect(try !Self.text("prometheus/" + file).isEmpty) }
    }

    @Test("the dashboard's panels have ids and places of their own")
    func panels() throws {
        let panels = try #require(try Self.dashboard()["panels"] as? [[String: Any]])
        let ids = panels.compactMap { $0["id"] as? Int }
        #expect(Set(ids).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = try #require(panel["gridPos"] as? [String: Int])
            let (x, y) = (place["x"] ?? 0, place["y"] ?? 0)
            let (width, height) = (place["w"] ?? 0, place["h"] ?? 0)
            #expect(x + width <= 24)
            for column in x..<(x + width) {
                for row in y..<(y + height) {
                    let isFree = taken.insert([column, row]).inserted
                    #expect(isFree, "\(panel["title"] ?? "") overlaps")
                }
            }
        }
    }
}
