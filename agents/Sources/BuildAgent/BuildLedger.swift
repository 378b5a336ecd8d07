import TaskModel

/// The vertexes of a run's builds, and which of them the broker has not been told yet. Keeps
/// ``BuildVertex/mostPerRun`` and counts the others.
struct BuildLedger {
    /// One build at a time of a step, on one platform.
    struct Lane: Hashable {
        let step: String
        let platform: Platform?
    }

    private struct Build {
        var attempt = 0
        var vertices: [Int: BuildVertex] = [:]
        var untold: Set<Int> = []
        var omitted: Set<Int> = []
    }

    private var builds: [Lane: Build] = [:]
    private var order: [Lane] = []
    private var kept = 0

    var hasNews: Bool { builds.values.contains { !$0.untold.isEmpty } }

    /// All that is known, in the order in which the builds began.
    var all: [BuildVertices] { order.map { batch($0, Array((builds[$0]?.vertices ?? [:]).keys)) } }

    /// One more build begins: what is known of the last one on this lane is forgotten.
    mutating func begin(_ lane: Lane) {
        if builds[lane] == nil { order.append(lane) }
        let last = builds[lane, default: Build()]
        kept -= last.vertices.count
        builds[lane] = Build(attempt: last.attempt + 1)
    }

    mutating func note(_ changed: [BuildVertex], of lane: Lane) {
        for vertex in changed { note(vertex, of: lane) }
    }

    private mutating func note(_ vertex: BuildVertex, of lane: Lane) {
        let isKnown = builds[lane]?.vertices[vertex.position] != nil
        guard isKnown || kept < BuildVertex.mostPerRun else {
            builds[lane]?.omitted.insert(vertex.position)
            return
        }
        if !isKnown { kept += 1 }
        builds[lane]?.vertices[vertex.position] = vertex
        builds[lane]?.untold.insert(vertex.position)
    }

    /// The build is over: what still runs was interrupted, what has not begun never will.
    mutating func end(_ lane: Lane) {
        for var vertex in (builds[lane]?.vertices ?? [:]).values {
            switch vertex.status {
            case .running: vertex.status = .interrupted
            case .waiting: vertex.status = .skipped
            case .successful, .cached, .failed, .interrupted, .skipped: continue
            }
            note(vertex, of: lane)
        }
    }

    mutating func takeNews() -> [BuildVertices] {
        let news = order.compactMap { lane in
            builds[lane].flatMap { $0.untold.isEmpty ? nil : batch(lane, Array($0.untold)) }
        }
        for lane in order { builds[lane]?.untold = [] }
        return news
    }

    private func batch(_ lane: Lane, _ positions: [Int]) -> BuildVertices {
        let build = builds[lane] ?? Build()
        return BuildVertices(
            step: lane.step, platform: lane.platform, attempt: build.attempt,
            vertices: positions.sorted().compactMap { build.vertices[$0] }, omitted: build.omitted.count)
    }
}
