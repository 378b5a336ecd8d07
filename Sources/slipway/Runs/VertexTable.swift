import Foundation
import ResourceAPI
import TaskModel

/// What the builder of a step did: a line for each vertex, numbered as in the log, and how much the cache spared.
struct VertexTable {
    private static let shortestName = 20

    private let step: RunStepProperties
    private let vertices: [BuildVertexProperties]

    /// Nil for a step without any.
    init?(_ step: RunStepProperties) {
        guard let vertices = step.vertices, !vertices.isEmpty else { return nil }
        self.step = step
        // Those that were not printed have no number, and come last.
        self.vertices = vertices.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            return ((first.platform ?? ""), first.number ?? .max, left.offset)
                < ((second.platform ?? ""), second.number ?? .max, right.offset)
        }.map(\.element)
    }

    /// - Parameter width: names are shortened to fit into so many columns; nil leaves them as they are.
    func text(width: Int? = nil, isColored: Bool = false) -> String {
        let hasLanes = vertices.contains { $0.platform != nil }
        let columns = ["#", "BUILD OF \(step.id)"] + (hasLanes ? ["PLATFORM"] : []) + ["TIME", "RESULT"]
        var rows = vertices.map { vertex in
            [vertex.number.map(String.init) ?? "", vertex.name ?? ""] + (hasLanes ? [vertex.platform ?? ""] : [])
                + [vertex.seconds.map(Self.time) ?? "", Self.result(of: vertex)]
        }
        if let width {
            let others = columns.indices.filter { $0 != 1 }.reduce(0) { sum, column in
                sum + 2 + rows.reduce(columns[column].count) { max($0, $1[column].count) }
            }
            let longest = max(Self.shortestName, width - others)
            for row in rows.indices { rows[row][1] = Self.shortened(rows[row][1], to: longest) }
        }
        return TextTable(columns: columns, rows: rows).text(isColored: isColored) + omission + cache
    }

    private var omission: String {
        step.omittedVertices.map { "and \($0) more, which are not kept\n" } ?? ""
    }

    /// Steps that have begun count; builder's own and base images don't.
    private var cache: String {
        let begun = vertices.filter { vertex in
            BuildVertex.isStep(named: vertex.name ?? "") && ![.waiting, .skipped].contains(Self.status(of: vertex))
        }
        guard !begun.isEmpty else { return "" }
        let hits = begun.filter { Self.status(of: $0) == .cached }.count
        return "cache: \(hits) of \(begun.count) steps\n"
    }

    private static func status(of vertex: BuildVertexProperties) -> BuildVertex.Status {
        vertex.status.flatMap(BuildVertex.Status.init(rawValue:)) ?? .waiting
    }

    /// As the log has it.
    private static func result(of vertex: BuildVertexProperties) -> String {
        switch status(of: vertex) {
        case .waiting, .skipped: ""
        case .running: "..."
        case .successful: "DONE"
        case .cached: "CACHED"
        case .failed: "ERROR"
        case .interrupted: "CANCELED"
        }
    }

    private static func time(_ seconds: Double) -> String {
        // Times come from a server.
        let seconds = min(max(0, seconds), 1e9)
        return seconds < 60 ? String(format: "%.1fs", seconds) : Duration.seconds(Int64(seconds)).brief
    }

    private static func shortened(_ name: String, to width: Int) -> String {
        let shown = name.escapedForDisplay
        return shown.count > width ? shown.prefix(width - 1) + "…" : shown
    }
}
