import Foundation
import Synchronization

/// How often a registry is asked: so many questions a minute, and none before the time that it named itself.
final class HostBudget: Sendable {
    private struct Host {
        /// What may be asked now; grows with time up to a minute's worth.
        var left: Double
        var time: Date
        /// The last place that was given to a question.
        var lastPlace = Date.distantPast
        var closedUntil = Date.distantPast
    }

    private let perMinute: Double
    private let hosts = Mutex<[String: Host]>([:])

    init(perMinute: Int) {
        self.perMinute = Double(max(1, perMinute))
    }

    /// Takes one question, or gives it a place in the line: each its own.
    ///
    /// - Parameters:
    ///   - isUrgent: it is asked also where no question is left, as many as come in a minute, and counts.
    ///   - isOwn: the registry is one of ours, and is asked as often as there is need.
    /// - Returns: nil if it may be asked now.
    func take(_ name: String, isUrgent: Bool, isOwn: Bool = false, at now: Date) -> Date? {
        hosts.withLock { hosts in
            var host = hosts[name] ?? Host(left: perMinute, time: now)
            defer { hosts[name] = host }
            let passed = max(0, now.timeIntervalSince(host.time))
            host.left = min(perMinute, host.left + passed * perMinute / 60)
            // The clock was put back: what a host asked to wait for still counts.
            if now < host.time {
                host.lastPlace = now
                host.closedUntil.addTimeInterval(now.timeIntervalSince(host.time))
            }
            host.time = now
            if now < host.closedUntil { return host.closedUntil }
            // Sums of fractions come a little short.
            let least = isUrgent ? 1 - perMinute : 1
            guard isOwn || host.left >= least - 1e-6 else {
                let first = now.addingTimeInterval(max(1, (1 - host.left) * 60 / perMinute))
                host.lastPlace = max(first, host.lastPlace.addingTimeInterval(60 / perMinute))
                return host.lastPlace
            }
            host.left = max(-perMinute, host.left - 1)
            return nil
        }
    }

    /// Whether nothing is asked before a time that is still to come.
    func isClosed(_ name: String, at now: Date) -> Bool {
        hosts.withLock { hosts in hosts[name].map { now < $0.closedUntil } ?? false }
    }

    /// Asks nothing before a time.
    func close(_ name: String, until time: Date, at now: Date) {
        hosts.withLock { hosts in
            var host = hosts[name] ?? Host(left: 0, time: now)
            host.closedUntil = max(host.closedUntil, time)
            hosts[name] = host
        }
    }
}
