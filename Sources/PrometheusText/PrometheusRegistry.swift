public import CoreMetrics
import Synchronization

/// Collects what the program counts and measures through swift-metrics, and shows it in the Prometheus text format (version 0.0.4).
///
/// A label is a metric's name, its dimensions are labels. Counters and gauges are shown as such. Timers and recorders are
/// histograms: timers in seconds, both with ``buckets``. Nothing that was ever made goes away, so that a counter that is made
/// again goes on.
public final class PrometheusRegistry: MetricsFactory {
    /// Upper bounds, in seconds for timers.
    public static let buckets: [Double] = [
        0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 28800,
    ]

    private enum Kind: String {
        case counter, gauge, histogram
    }

    private struct Family {
        let kind: Kind
        var series: [SeriesLabels: Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let help: [String: String]

    /// - Parameter help: a sentence for each metric, by its name.
    public init(help: [String: String] = [:]) {
        self.help = help
    }

    // MARK: Making

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, aggregate ? .histogram : .gauge)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram)
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// A name that is taken for another kind gets a series that is not shown.
    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: Kind) -> Series {
        let name = Self.name(label)
        let labels = SeriesLabels(dimensions)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return Series() }
            let series = family.series[labels] ?? Series()
            family.series[labels] = series
            families[name] = family
            return series
        }
    }

    // MARK: Showing

    /// `text/plain; version=0.0.4`, sorted by name and labels.
    public func text() -> String {
        var text = ""
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            if let help = help[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key.text < $1.key.text }) {
                text += family.kind == .histogram ? histogram(name, labels, series) : line(name, labels, series.value)
            }
        }
        return text
    }

    private func histogram(_ name: String, _ labels: SeriesLabels, _ series: Series) -> String {
        let distribution = series.distribution
        var text = ""
        var count = 0
        for (bound, inBucket) in zip(Self.buckets, distribution.counts) {
            count += inBucket
            text += line(name + "_bucket", labels.with("le", Self.number(bound)), Double(count))
        }
        text += line(name + "_bucket", labels.with("le", "+Inf"), Double(distribution.count))
        text += line(name + "_sum", labels, distribution.sum)
        return text + line(name + "_count", labels, Double(distribution.count))
    }

    private func line(_ name: String, _ labels: SeriesLabels, _ value: Double) -> String {
        "\(name)\(labels.text) \(Self.number(value))\n"
    }

    /// Whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    /// Letters, digits and underscores; other characters become underscores.
    static func name(_ label: String) -> String {
        let name = String(label.unicodeScalars.map { $0.isNameCharacter ? Character($0) : "_" })
        return name.first.map { $0.isNumber ? "_" + name : name } ?? "_"
    }
}

/// The labels of one series, sorted and escaped.
private struct SeriesLabels: Hashable {
    private let pairs: [String]

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { name, value in "\(PrometheusRegistry.name(name))=\"\(Self.escaped(value))\"" }.sorted()
    }

    private init(pairs: [String]) {
        self.pairs = pairs
    }

    var text: String { pairs.isEmpty ? "" : "{" + pairs.joined(separator: ",") + "}" }

    func with(_ name: String, _ value: String) -> SeriesLabels {
        SeriesLabels(pairs: pairs + ["\(name)=\"\(value)\""])
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

extension Unicode.Scalar {
    fileprivate var isNameCharacter: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_", ":": true
        default: false
        }
    }
}
