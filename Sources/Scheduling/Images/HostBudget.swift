import Foundation
import Synchronization

/// How often a registry is asked: so many questions a minute, and none before the time that it named itself.
final class HostBudget: Sendable {
    private struct Host {
        /// What may be asked now; grows with time up to a minute's worth.
        var left: Double
        var time: Date
        var closedUntil = Date.distantPast
    }

    private let perMinute: Double
    private let hosts = Mutex<[String: Host]>([:])

    init(perMinute: Int) {
        self.perMinute = Double(max(1, perMinute))
    }

    /// Takes one question, or tells when there will be one.
    ///
    /// - Parameter isUrgent: it is asked also where no question is left, and counts.
    /// - Returns: nil if it may be asked now.
    func take(_ name: String, isUrgent: Bool, at now: Date) -> Date? {
        hosts.withLock { hosts in
            var host = hosts[name] ?? Host(left: perMinute, time: now)
            defer { hosts[name] = host }
            let passed = max(0, now.timeIntervalSince(host.time))
            host.left = min(perMinute, host.left + passed * perMinute / 60)
            host.time = now
            if now < host.closedUntil { return host.closedUntil }
            guard host.left >= 1 || isUrgent else {
                return now.addingTimeInterval(max(1, (1 - host.left) * 60 / perMinute))
            }
            host.left = max(-perMinute, host.left - 1)
            return nil
        }
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
