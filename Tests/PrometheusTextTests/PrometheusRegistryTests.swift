import CoreMetrics
import PrometheusText
import Testing

struct PrometheusRegistryTests {
    @Test func `counters go on when they are made again`() {
        let registry = PrometheusRegistry(help: ["runs_total": "Runs that ended."])
        for _ in 1...2 {
            Counter(label: "runs_total", dimensions: [("status", "Failed"), ("pool", "p")], factory: registry)
                .increment()
        }
        Counter(label: "runs_total", dimensions: [("pool", "q")], factory: registry).increment(by: 3)

        #expect(
            registry.text() == """
                # HELP runs_total Runs that ended.
                # TYPE runs_total counter
                runs_total{pool="p",status="Failed"} 2
                runs_total{pool="q"} 3

                """)
    }

    @Test func `gauges show their last value`() {
        let registry = PrometheusRegistry()
        let gauge = Gauge(label: "depth", factory: registry)

        gauge.record(7)
        gauge.record(2.5)

        #expect(registry.text() == "# TYPE depth gauge\ndepth 2.5\n")
    }

    @Test func `timers are histograms in seconds`() {
        let registry = PrometheusRegistry()
        let timer = Timer(label: "wait_seconds", factory: registry)

        timer.recordNanoseconds(200_000_000)
        timer.recordSeconds(100_000)

        let lines = registry.text().split(separator: "\n")
        #expect(lines.first == "# TYPE wait_seconds histogram")
        #expect(lines.contains(#"wait_seconds_bucket{le="0.1"} 0"#))
        #expect(lines.contains(#"wait_seconds_bucket{le="0.25"} 1"#))
        #expect(lines.contains(#"wait_seconds_bucket{le="28800"} 1"#))
        #expect(
            lines.suffix(3) == [
                #"wait_seconds_bucket{le="+Inf"} 2"#, "wait_seconds_sum 100000.2", "wait_seconds_count 2",
            ])
    }

    @Test func `names and values that the format does not have are written another way`() {
        let registry = PrometheusRegistry()

        Counter(label: "hb.requests", dimensions: [("a-b", "x\"\\\ny")], factory: registry).increment()

        #expect(registry.text() == "# TYPE hb_requests counter\n" + #"hb_requests{a_b="x\"\\\ny"} 1"# + "\n")
    }

    @Test func `a name stays of one kind`() {
        let registry = PrometheusRegistry()
        Counter(label: "x", factory: registry).increment()

        Gauge(label: "x", factory: registry).record(5)

        #expect(registry.text() == "# TYPE x counter\nx 1\n")
    }
}
