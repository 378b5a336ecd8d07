import SwiftProtobuf

/// What is known of a BuildKit build under way, gathered from its trace.
struct BuildProgress {
    /// One step of the build, or one of the builder's own.
    struct Vertex {
        let digest: String
        var name: String
        var isCached = false
        /// Empty unless it failed.
        var error = ""
        /// A vertex may start again after it was complete: once to compute its cache key, once to be carried out.
        var runs: [Interval] = []
        /// In the order in which they came up.
        var statuses: [Status] = []

        /// Under way.
        var isOpen: Bool { runs.last.map { $0.end == nil } ?? false }
        var isCompleted: Bool { runs.last.map { $0.end != nil } ?? false }
        /// A cache that can't be had fails no build.
        var isCacheImport: Bool { name.hasPrefix("importing cache manifest from ") }
        /// The victim of another's failure, or of a cancel.
        var isCanceled: Bool { error.hasSuffix("context canceled") }
    }

    /// In seconds since 1970.
    struct Interval {
        let start: Double
        var end: Double?
    }

    /// A part of a vertex: a transfer, an export.
    struct Status {
        let id: String
        var current: Int64 = 0
        var total: Int64 = 0
        var started: Double?
        var completed: Double?
        var time: Double = 0
    }

    private(set) var vertices: [Vertex] = []
    private var indices: [String: Int] = [:]

    subscript(digest: String) -> Vertex? { indices[digest].map { vertices[$0] } }

    /// Adds what one message of the trace tells. Later messages about a vertex replace earlier ones.
    mutating func apply(_ update: WireStatusResponse) {
        for vertex in update.vertexes { apply(vertex) }
        for status in update.statuses { apply(status) }
    }

    private mutating func apply(_ update: WireVertex) {
        let index = index(of: update.digest, name: update.name)
        if !update.name.isEmpty { vertices[index].name = update.name }
        vertices[index].isCached = update.cached
        vertices[index].error = update.error
        let end = update.hasCompleted ? update.completed.seconds1970 : nil
        guard let start = update.hasStarted ? update.started.seconds1970 : end else { return }
        if let last = vertices[index].runs.indices.last, vertices[index].runs[last].start == start {
            vertices[index].runs[last].end = end
        } else {
            vertices[index].runs.append(Interval(start: start, end: end))
        }
    }

    private mutating func apply(_ update: WireVertexStatus) {
        let index = index(of: update.vertex, name: "")
        var position = vertices[index].statuses.firstIndex { $0.id == update.id }
        if position == nil {
            position = vertices[index].statuses.count
            vertices[index].statuses.append(Status(id: update.id))
        }
        guard let position else { return }
        vertices[index].statuses[position].current = update.current
        vertices[index].statuses[position].total = update.total
        vertices[index].statuses[position].started = update.hasStarted ? update.started.seconds1970 : nil
        vertices[index].statuses[position].completed = update.hasCompleted ? update.completed.seconds1970 : nil
        vertices[index].statuses[position].time = update.timestamp.seconds1970
    }

    private mutating func index(of digest: String, name: String) -> Int {
        if let index = indices[digest] { return index }
        vertices.append(Vertex(digest: digest, name: name))
        indices[digest] = vertices.count - 1
        return vertices.count - 1
    }
}

extension BuildProgress.Vertex {
    /// How long it took, without the pauses between its runs. Nil if it never ran to an end.
    var duration: Double? {
        var total = 0.0
        var covered = -Double.infinity
        var counted = false
        for run in runs.sorted(by: { $0.start < $1.start }) {
            guard let end = run.end else { continue }
            counted = true
            total += max(0, end - max(covered, run.start))
            covered = max(covered, end)
        }
        return counted ? total : nil
    }
}

extension BuildProgress {
    /// The vertex that made the build fail.
    var failed: Vertex? { vertices.first { !$0.error.isEmpty && !$0.isCanceled && !$0.isCacheImport } }

    /// The vertex that fetched the image of a `# syntax=` line.
    var frontend: BaseImage? {
        let references = vertices.compactMap(\.frontendReference).map { Self.splitDigest($0[...]) }
        guard let first = references.first else { return nil }
        return BaseImage(reference: first.reference, digest: references.compactMap(\.digest).first)
    }
}

extension BuildProgress.Vertex {
    /// Of `[internal] load metadata for REFERENCE`; a build for several platforms has the platform in front.
    var loadedReference: String? {
        guard let close = name.firstIndex(of: "]"), name[..<close].hasSuffix("internal") else { return nil }
        let rest = name[close...]
        guard rest.hasPrefix("] load metadata for ") else { return nil }
        return rest.dropFirst("] load metadata for ".count).split(separator: " ").first.map(String.init)
    }

    /// Of `[stage 1/2] FROM REFERENCE`, and of `FROM REFERENCE`: an image that files are taken from.
    var fromReference: String? {
        var rest = name[...]
        if name.hasPrefix("["), let close = name.firstIndex(of: "]") {
            rest = name[name.index(after: close)...].drop { $0 == " " }
        }
        guard rest.hasPrefix("FROM ") else { return nil }
        return rest.dropFirst("FROM ".count).split(separator: " ").first.map(String.init)
    }

    /// Of the image of a frontend, which a `# syntax=` line names.
    var frontendReference: String? {
        guard let text = word(after: "resolve image config for ") ?? word(after: "docker-image://") else { return nil }
        return text.hasPrefix("docker-image://") ? String(text.dropFirst("docker-image://".count)) : text
    }

    private func word(after prefix: String) -> String? {
        guard name.hasPrefix(prefix) else { return nil }
        return name.dropFirst(prefix.count).split(separator: " ").first.map(String.init)
    }
}

extension Google_Protobuf_Timestamp {
    fileprivate var seconds1970: Double { Double(seconds) + Double(nanos) / 1e9 }
}
