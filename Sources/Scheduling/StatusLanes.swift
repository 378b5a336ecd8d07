import Forges
import Foundation
import TaskModel

/// A commit status on its way to a forge.
struct PendingStatus: Sendable {
    /// Of the change that it tells.
    let sequence: Int64
    let status: CommitStatus
    let commit: String
    let location: ForgeLocation
    let token: Secret
    let registry: String
    let task: String
    let trigger: String
    /// When it was first to be sent.
    let since: Date

    /// What a later one takes the place of.
    fileprivate var subject: String { "\(commit) \(status.context)" }
}

/// Statuses that are still to be sent, in a lane for each repository: within it one after the other, so that a commit's statuses keep their
/// order, and a forge that does not answer holds up nobody else.
struct StatusLanes {
    private struct Lane {
        var waiting: [PendingStatus] = []
        var sending: PendingStatus?
        var backOff = BackOff()
        var notBefore = Date.distantPast
    }

    private var lanes: [RepositoryName: Lane] = [:]
    /// How many are being sent, by the API of the forge.
    private var busy: [String: Int] = [:]
    private let limit: Int
    private let mostAtOneForge: Int
    private(set) var count = 0

    /// - Parameters:
    ///   - limit: the most statuses that wait.
    ///   - mostAtOneForge: how many are sent to one forge at once.
    init(limit: Int = 10_000, mostAtOneForge: Int = 4) {
        self.limit = limit
        self.mostAtOneForge = mostAtOneForge
    }

    /// The place before which everything is done; nil if nothing waits.
    var firstSequence: Int64? {
        lanes.values.flatMap { lane in lane.waiting.map(\.sequence) + (lane.sending.map { [$0.sequence] } ?? []) }.min()
    }

    /// Adds a status in the place of older ones of the same.
    ///
    /// - Returns: false if there are too many already; it is not added then.
    mutating func add(_ status: PendingStatus) -> Bool {
        let before = lanes[status.location.repository]?.waiting.count ?? 0
        lanes[status.location.repository, default: Lane()].waiting.removeAll { $0.subject == status.subject }
        count -= before - (lanes[status.location.repository]?.waiting.count ?? 0)
        guard count < limit else { return false }
        lanes[status.location.repository]?.waiting.append(status)
        count += 1
        return true
    }

    /// The next one of a lane that is free and due; of those the one that waits longest.
    mutating func take(at now: Date) -> PendingStatus? {
        let next = lanes.values.lazy.filter { $0.sending == nil && $0.notBefore <= now }
            .compactMap(\.waiting.first).filter { [busy, mostAtOneForge] in
                busy[$0.location.api, default: 0] < mostAtOneForge
            }
            .min { $0.sequence < $1.sequence }
        guard let next else { return nil }
        lanes[next.location.repository]?.waiting.removeFirst()
        lanes[next.location.repository]?.sending = next
        busy[next.location.api, default: 0] += 1
        return next
    }

    private mutating func noteEnd(at forge: String) {
        let left = busy[forge, default: 1] - 1
        busy[forge] = left > 0 ? left : nil
    }

    /// It was sent, or is given up.
    mutating func finish(_ status: PendingStatus) {
        guard var lane = lanes[status.location.repository], lane.sending != nil else { return }
        lane.sending = nil
        lane.backOff = BackOff()
        lane.notBefore = .distantPast
        lanes[status.location.repository] = lane.waiting.isEmpty ? nil : lane
        noteEnd(at: status.location.api)
        count -= 1
    }

    /// It is to be sent again, unless a later one has come.
    mutating func putBack(_ status: PendingStatus, at now: Date, retryAfter: Duration?) {
        guard var lane = lanes[status.location.repository], lane.sending != nil else { return }
        lane.sending = nil
        if lane.waiting.contains(where: { $0.subject == status.subject }) {
            count -= 1
        } else {
            lane.waiting.insert(status, at: 0)
        }
        lane.notBefore = now.addingTimeInterval(lane.backOff.next(atLeast: retryAfter) / .seconds(1))
        lanes[status.location.repository] = lane
        noteEnd(at: status.location.api)
    }
}
