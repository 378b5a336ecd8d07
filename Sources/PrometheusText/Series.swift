import CoreMetrics
import Synchronization

/// One series: a number, or a distribution of numbers.
final class Series: Sendable {
    /// How many of the recorded values are in each bucket of ``PrometheusRegistry/buckets``, and not in one before.
    struct Distribution {
        var counts = [Int](repeating: 0, count: PrometheusRegistry.buckets.count)
        var count = 0
        var sum = 0.0
    }

    private let state = Mutex<(value: Double, distribution: Distribution)>((0, Distribution()))

    var value: Double { state.withLock(\.value) }
    var distribution: Distribution { state.withLock(\.distribution) }

    private func add(_ amount: Double) {
        state.withLock { $0.value += amount }
    }

    /// As a number the last one holds; as a distribution all do.
    private func note(_ value: Double) {
        state.withLock { state in
            state.value = value
            state.distribution.count += 1
            state.distribution.sum += value
            if let bucket = PrometheusRegistry.buckets.firstIndex(where: { value <= $0 }) {
                state.distribution.counts[bucket] += 1
            }
        }
    }
}

extension Series: CounterHandler, FloatingPointCounterHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func reset() { state.withLock { $0 = (0, Distribution()) } }
}

extension Series: MeterHandler {
    func set(_ value: Int64) { state.withLock { $0.value = Double(value) } }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func decrement(by amount: Double) { add(-amount) }
}

extension Series: RecorderHandler, TimerHandler {
    func record(_ value: Int64) { note(Double(value)) }
    func record(_ value: Double) { note(value) }
    func recordNanoseconds(_ duration: Int64) { note(Double(duration) / 1e9) }
}
