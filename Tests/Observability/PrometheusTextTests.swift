import Testing

@testable import Observability

@Suite("The Prometheus text format")
struct PrometheusTextTests {
    @Test("a family is its help, its type and its samples, each line ended")
    func layout() {
        let families = [
            MetricFamily(
                "requests_total", .counter, "Requests.",
                [
                    MetricSample(3, [MetricLabel("path", "/a"), MetricLabel("code", "200")]),
                    MetricSample(0, [MetricLabel("path", "/b"), MetricLabel("code", "404")]),
                ]),
            MetricFamily("up", .gauge, "Whether it runs.", [MetricSample(true)]),
        ]
        #expect(
            PrometheusText.render(families) == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{path="/a",code="200"} 3
                requests_total{path="/b",code="404"} 0
                # HELP up Whether it runs.
                # TYPE up gauge
                up 1

                """)
    }

    @Test("a summary has its quantiles, its sum and its count under one type line")
    func summary() {
        let label = MetricLabel("source", "classical")
        let family = MetricFamily(
            "latency_seconds", .summary, "Latency.",
            [
                MetricSample(0.25, [label, MetricLabel("quantile", "0.5")]),
                MetricSample(1.5, [label], suffix: "_sum"),
                MetricSample(4.0, [label], suffix: "_count"),
            ])
        #expect(
            PrometheusText.render([family]) == """
                # HELP latency_seconds Latency.
                # TYPE latency_seconds summary
                latency_seconds{source="classical",quantile="0.5"} 0.25
                latency_seconds_sum{source="classical"} 1.5
                latency_seconds_count{source="classical"} 4

                """)
    }

    @Test("a label's value cannot break out of its quotes or its line")
    func labels() {
        let hostile = "a\"} 1\nevil_total 2\\\r\n"
        let text = PrometheusText.render([
            MetricFamily("m", .gauge, "M.", [MetricSample(1, [MetricLabel("l", hostile)])])
        ])
        #expect(text.hasSuffix("\nm{l=\"a\\\"} 1\\nevil_total 2\\\\\r\\n\"} 1\n"))
        #expect(text.unicodeScalars.filter { $0 == "\n" }.count == 3)
    }

    @Test("help escapes backslashes and line feeds, and leaves quotes alone")
    func help() {
        #expect(PrometheusText.escapedHelp("a \\ \"b\"\nc") == "a \\\\ \"b\"\\nc")
    }

    @Test("a family without samples leaves nothing behind")
    func empty() {
        #expect(PrometheusText.render([MetricFamily("m", .gauge, "M.")]).isEmpty)
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0.0, "0"), (5.0, "5"), (-3.0, "-3"), (0.5, "0.5"), (1e-5, "1e-05"),
            (123_456_789.0, "123456789"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"),
            (.nan, "NaN"),
        ])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }
}
