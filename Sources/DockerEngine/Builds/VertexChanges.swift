import Foundation
import TaskModel

/// Tells which vertexes of a BuildKit build have changed since it was last asked.
struct VertexChanges {
    private var told: [BuildVertex] = []

    /// More bytes alone are no change: they are told with the next one.
    mutating func take(from plain: PlainProgress) -> [BuildVertex] {
        var changed: [BuildVertex] = []
        for (position, vertex) in plain.progress.vertices.enumerated() {
            let now = BuildVertex(vertex, position: position, number: plain.number(of: vertex.digest))
            if position == told.count {
                told.append(now)
            } else if told[position].differs(from: now) {
                told[position] = now
            } else {
                continue
            }
            changed.append(now)
        }
        return changed
    }
}

extension BuildVertex {
    fileprivate init(_ vertex: BuildProgress.Vertex, position: Int, number: Int?) {
        self.init(
            position: position, number: number, name: vertex.name, status: vertex.knownStatus,
            error: vertex.isCanceled || vertex.error.isEmpty ? nil : vertex.error,
            startTime: vertex.runs.first.flatMap { Self.date($0.start) },
            finishTime: vertex.isCompleted ? vertex.runs.last?.end.flatMap(Self.date) : nil,
            seconds: vertex.isCompleted ? vertex.duration : nil, bytes: vertex.transferred)
    }

    /// A daemon with a broken clock tells no time.
    private static func date(_ seconds: Double) -> Date? {
        // Up to the end of the year 9999.
        (0..<253_402_300_800).contains(seconds) ? Date(timeIntervalSince1970: seconds) : nil
    }

    fileprivate func differs(from other: BuildVertex) -> Bool {
        var same = other
        same.bytes = bytes
        return self != same
    }
}

extension BuildProgress.Vertex {
    fileprivate var knownStatus: BuildVertex.Status {
        if isCanceled { return .interrupted }
        if !error.isEmpty { return .failed }
        if isCompleted { return isCached ? .cached : .successful }
        return isOpen ? .running : .waiting
    }

    /// What its transfers have come to: of files to the builder, of layers from a registry. Unpacking is none.
    fileprivate var transferred: Int64? {
        let bytes = statuses.filter { !$0.id.hasPrefix("extracting ") }.reduce(Int64(0)) { sum, status in
            let (total, isTooMuch) = sum.addingReportingOverflow(max(0, status.current))
            return isTooMuch ? .max : total
        }
        return bytes > 0 ? bytes : nil
    }
}
