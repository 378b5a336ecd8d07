import Foundation
import SwiftProtobuf
import TaskModel

/// Prints the trace of a BuildKit build as plain lines, as `docker build --progress=plain` does.
///
/// Every line begins with the number of its vertex. One vertex is current; changing to another prints the other's
/// header, so that each block of lines stands under its own. Updates are collected and printed every now and then:
/// printing each at once shows needless ends of vertices that start again.
struct PlainProgress {
    private struct Shown {
        let number: Int
        /// What was last printed of each status.
        var statuses: [String: BuildProgress.Status] = [:]
        /// An unfinished line, with its seconds: it begins again where its vertex was left meanwhile.
        var partial: [UInt8] = []
        /// It was printed last, and has no line end there.
        var isLineOpen = false
        /// How its last end was printed.
        var outcome: Outcome?
    }

    private enum Outcome: Equatable {
        case done
        case cached
        case canceled
        case failed(String)
    }

    /// How long a vertex with something to print waits for the current one to be silent.
    private static let patience = 5.0
    /// A status is printed again after so many seconds, or after such a part of its total.
    private static let statusInterval = 5.0
    private static let statusShare = 0.05
    /// How much of a failed vertex's log is repeated at the end.
    private static let tailLines = 10
    /// A longer line does not begin again where its vertex was left.
    private static let longestPartial = 4096
    private static let mostWarnings = 200

    private(set) var progress = BuildProgress()
    private var shown: [String: Shown] = [:]
    private var current: String?
    private var logs: [String: [WireVertexLog]] = [:]
    /// Since when a vertex has had something new.
    private var waiting: [String: Double] = [:]
    private var tails: [String: [[UInt8]]] = [:]
    /// By vertex: not printed yet.
    private var newWarnings: [String: [String]] = [:]
    private var warnings: [BuildWarning] = []
    private var output: [UInt8] = []
    private var isFirst = true

    /// Takes one message of the trace.
    ///
    /// - Parameter now: in seconds on a clock that only goes forward, the same as ``render(now:)`` gets.
    mutating func apply(_ update: WireStatusResponse, now: Double) {
        progress.apply(update)
        for log in update.logs { logs[log.vertex, default: []].append(log) }
        let touched =
            update.vertexes.map(\.digest) + update.statuses.map(\.vertex) + update.logs.map(\.vertex)
            + update.warnings.map(\.vertex)
        for digest in touched where waiting[digest] == nil { waiting[digest] = now }
        for warning in update.warnings where warnings.count < Self.mostWarnings {
            let known = BuildWarning(warning)
            warnings.append(known)
            newWarnings[warning.vertex, default: []].append(known.summary)
        }
    }

    /// The lines for what came since the last time.
    mutating func render(now: Double) -> [UInt8] {
        printCompleted()
        if let digest = current {
            if waiting[digest] != nil { print(digest) }
            let impatient = openWaiting().filter {
                $0 != current && hasOutput($0) && now - (waiting[$0] ?? now) >= Self.patience
            }
            if let next = impatient.max(by: { pendingBytes($0) < pendingBytes($1) }) { print(next) }
        } else if let next = nextOpen() {
            print(next)
        }
        return takeOutput()
    }

    /// The lines for what is left when the trace has ended, with the end of the log of what failed.
    mutating func finish() -> [UInt8] {
        printCompleted()
        for digest in openWaiting() where hasOutput(digest) { print(digest) }
        endLine()
        for failed in progress.vertices where !failed.error.isEmpty && !failed.isCanceled { printSummary(of: failed) }
        if !warnings.isEmpty {
            put("\n \(warnings.count) warning\(warnings.count == 1 ? "" : "s") found:\n")
            for warning in warnings { put(warning.text) }
        }
        return takeOutput()
    }

    /// The number before a vertex's lines; nil while it has none.
    func number(of digest: String) -> Int? { shown[digest]?.number }

    /// What makes a text of its own begin on a new line.
    mutating func interrupt() -> [UInt8] {
        endLine()
        return takeOutput()
    }

    // MARK: Which vertex

    private mutating func printCompleted() {
        let completed = waiting.keys.compactMap { progress[$0] }.filter(\.isCompleted)
        let ordered = completed.sorted { left, right in
            if (left.digest == current) != (right.digest == current) { return left.digest == current }
            return (left.runs.last?.end ?? 0, left.digest) < (right.runs.last?.end ?? 0, right.digest)
        }
        for vertex in ordered {
            if hasOutput(vertex.digest) || shown[vertex.digest]?.outcome != outcome(of: vertex) {
                print(vertex.digest)
            } else {
                waiting[vertex.digest] = nil
            }
        }
    }

    /// The vertex to go on with when none is current: the one with the most to say, or else one that has said nothing
    /// yet.
    private func nextOpen() -> String? {
        let open = openWaiting()
        if let busiest = open.filter(hasOutput).max(by: { pendingBytes($0) < pendingBytes($1) }) { return busiest }
        return open.first { shown[$0] == nil }
    }

    private func openWaiting() -> [String] {
        progress.vertices.filter { $0.isOpen && waiting[$0.digest] != nil }.map(\.digest)
    }

    private func hasOutput(_ digest: String) -> Bool {
        if logs[digest] != nil || newWarnings[digest] != nil { return true }
        guard let vertex = progress[digest] else { return false }
        return vertex.statuses.contains { isNews($0, of: digest) }
    }

    private func pendingBytes(_ digest: String) -> Int {
        (logs[digest] ?? []).reduce(0) { $0 + $1.msg.count }
    }

    private func isNews(_ status: BuildProgress.Status, of digest: String) -> Bool {
        guard let last = shown[digest]?.statuses[status.id] else { return true }
        if status.completed != nil { return last.completed != status.completed }
        let share = status.total > 0 ? Double(status.current - last.current) / Double(status.total) : 0
        return share >= Self.statusShare || status.time - last.time >= Self.statusInterval
    }

    // MARK: Printing one

    private mutating func print(_ digest: String) {
        guard let vertex = progress[digest] else { return }
        waiting[digest] = nil
        let number = shown[digest]?.number ?? shown.count + 1
        if shown[digest] == nil { shown[digest] = Shown(number: number) }
        if digest != current {
            leaveCurrent()
            if !isFirst { put("\n") }
            isFirst = false
            put("#\(number) \(vertex.name.escapedForDisplay)\n")
            current = digest
        }
        printStatuses(of: vertex, number: number)
        printWarnings(of: vertex, number: number)
        printLogs(of: vertex, number: number)
        guard vertex.isCompleted else { return }
        printOutcome(of: vertex, number: number)
    }

    private mutating func leaveCurrent() {
        guard let digest = current, let number = shown[digest]?.number else { return }
        endLine()
        put("#\(number) ...\n")
        current = nil
    }

    private mutating func endLine() {
        guard let digest = current, shown[digest]?.isLineOpen == true else { return }
        shown[digest]?.isLineOpen = false
        put("\n")
    }

    private mutating func printStatuses(of vertex: BuildProgress.Vertex, number: Int) {
        for status in vertex.statuses where isNews(status, of: vertex.digest) {
            endLine()
            shown[vertex.digest]?.statuses[status.id] = status
            var line = "#\(number) \(status.id.escapedForDisplay)"
            if status.total != 0 {
                line += " \(Self.size(status.current)) / \(Self.size(status.total))"
            } else if status.current != 0 {
                line += " \(Self.size(status.current))"
            }
            if let started = status.started, (status.completed ?? status.time) - started > 0.01 {
                line += " \(Self.decimal((status.completed ?? status.time) - started, digits: 1))s"
            }
            put(line + (status.completed == nil ? "\n" : " done\n"))
        }
    }

    private mutating func printWarnings(of vertex: BuildProgress.Vertex, number: Int) {
        for warning in newWarnings.removeValue(forKey: vertex.digest) ?? [] {
            endLine()
            put("#\(number) WARN: \(warning)\n")
        }
    }

    private mutating func printLogs(of vertex: BuildProgress.Vertex, number: Int) {
        guard let pending = logs.removeValue(forKey: vertex.digest) else { return }
        let start = vertex.runs.last?.start ?? 0
        for log in pending {
            let time = Double(log.timestamp.seconds) + Double(log.timestamp.nanos) / 1e9
            let seconds = Self.logTime(time - start) + " "
            let pieces = log.msg.split(separator: 0x0a, omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                let isLast = index == pieces.count - 1
                if isLast && piece.isEmpty { break }
                print(piece, of: vertex.digest, number: number, seconds: seconds)
                if !isLast { put("\n") }
                shown[vertex.digest]?.isLineOpen = isLast
                if !isLast { shown[vertex.digest]?.partial = [] }
            }
        }
    }

    /// Prints a part of a line: behind what there is of it, or from its beginning.
    private mutating func print(_ piece: Data, of digest: String, number: Int, seconds: String) {
        guard var state = shown[digest] else { return }
        let begins = state.partial.isEmpty
        if begins || !state.isLineOpen && state.partial.count > Self.longestPartial {
            state.partial = Array(seconds.utf8)
        }
        if !state.isLineOpen {
            put("#\(number) ")
            output += state.partial
        }
        output += piece
        remember((begins ? Array(seconds.utf8) : []) + piece, of: digest, continues: !begins)
        if state.partial.count <= Self.longestPartial { state.partial += piece.prefix(Self.longestPartial + 1) }
        shown[digest] = state
    }

    private mutating func remember(_ piece: [UInt8], of digest: String, continues: Bool) {
        if continues, let last = tails[digest]?.indices.last {
            tails[digest]?[last] += piece.prefix(4096)
        } else {
            tails[digest, default: []].append(Array(piece.prefix(4096)))
            if tails[digest, default: []].count > Self.tailLines { tails[digest]?.removeFirst() }
        }
    }

    private func outcome(of vertex: BuildProgress.Vertex) -> Outcome {
        if vertex.isCanceled { return .canceled }
        if !vertex.error.isEmpty { return .failed(vertex.error) }
        return vertex.isCached ? .cached : .done
    }

    private mutating func printOutcome(of vertex: BuildProgress.Vertex, number: Int) {
        endLine()
        let outcome = outcome(of: vertex)
        switch outcome {
        case .done: put("#\(number) DONE\(vertex.duration.map { " \(Self.decimal($0, digits: 1))s" } ?? "")\n")
        case .cached: put("#\(number) CACHED\n")
        case .canceled: put("#\(number) CANCELED\n")
        case .failed(let reason): put("#\(number) ERROR: \(reason.escapedForDisplay)\n")
        }
        shown[vertex.digest]?.outcome = outcome
        shown[vertex.digest]?.partial = []
        if outcome == .done || outcome == .cached { tails[vertex.digest] = nil }
        current = nil
    }

    private mutating func printSummary(of vertex: BuildProgress.Vertex) {
        put("------\n > \(vertex.name.escapedForDisplay):\n")
        for line in tails[vertex.digest] ?? [] {
            output += line
            put("\n")
        }
        put("------\n")
    }

    // MARK: Text

    private mutating func put(_ text: String) { output += text.utf8 }

    private mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// When a line was printed, in seconds: with fewer digits behind the point the longer it took.
    private static func logTime(_ seconds: Double) -> String {
        let seconds = max(0, seconds)
        return decimal(seconds, digits: seconds < 10 ? 3 : seconds < 100 ? 2 : 1)
    }

    /// As docker writes sizes: `98B`, `1.05kB`, `3.40MB`.
    static func size(_ bytes: Int64) -> String {
        guard bytes >= 1000 else { return "\(bytes)B" }
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if value < 1000 || unit == "TB" { return decimal(value, digits: 2) + unit }
            value /= 1000
        }
        return "\(bytes)B"
    }

    /// With exactly so many digits behind the point.
    static func decimal(_ value: Double, digits: Int) -> String {
        let scale = [1.0, 10, 100, 1000][min(max(digits, 0), 3)]
        guard value.isFinite, abs(value) < 1e12 else { return "0" }
        let scaled = Int64((value * scale).rounded())
        let fraction = String(abs(scaled) % Int64(scale))
        let padding = String(repeating: "0", count: max(0, digits - fraction.count))
        return (scaled < 0 ? "-" : "") + "\(abs(scaled) / Int64(scale))" + (digits > 0 ? "." + padding + fraction : "")
    }
}
