import Contexts
import Synchronization
import TaskModel

/// Counts what is packed: all together, by folder of the root, and by folders whose names say that a build makes them.
final class ContextTally: Sendable {
    /// Entries and the bytes of files.
    struct Sum: Sendable, Equatable {
        var entries = 0
        var bytes: Int64 = 0

        /// Above either of these a context is worth a word: sending it takes seconds, and something in it may be there
        /// by mistake.
        var isLarge: Bool { entries > 10_000 || bytes > 100 << 20 }
        /// What is left out should be worth a line.
        fileprivate var isWorthALine: Bool { entries >= 1000 || bytes >= 10 << 20 }

        fileprivate mutating func add(_ bytes: Int64) {
            entries += 1
            self.bytes += bytes
        }
    }

    /// Folders of one name.
    private struct Namesakes {
        var sum = Sum()
        var areBelow = false
    }

    private struct State {
        var total = Sum()
        var folders: [[UInt8]: Sum] = [:]
        var made: [[UInt8]: Namesakes] = [:]
    }

    /// Folders that package managers, compilers and tools make and fill. Names that people give to folders of their own
    /// too, as `build`, `bin`, `out` or `vendor`, are not among them.
    private static let madeNames: Set<[UInt8]> = Set(
        [
            "node_modules", "bower_components", ".next", ".nuxt", ".build", "target", "dist", ".venv", "venv", ".tox",
            "__pycache__", ".mypy_cache", ".pytest_cache", ".gradle", ".terraform",
        ].map { Array($0.utf8) })

    private let state = Mutex(State())

    var total: Sum { state.withLock { $0.total } }

    /// Begins anew, as a walk that begins anew does.
    func restart() {
        state.withLock { $0 = State() }
    }

    func add(_ entry: ContextEntry) {
        let bytes = entry.contentBytes
        var parts = entry.path.bytes.split(separator: UInt8(ascii: "/"))
        // What is a folder itself counts as a part of it.
        if entry.kind != .directory { parts = parts.dropLast() }
        state.withLock { state in
            state.total.add(bytes)
            guard let first = parts.first else { return }
            state.folders[Array(first), default: Sum()].add(bytes)
            // The outermost one: a line for it leaves out those inside.
            for (depth, part) in parts.enumerated() where part.count <= 16 && Self.madeNames.contains(Array(part)) {
                state.made[Array(part), default: Namesakes()].sum.add(bytes)
                if depth > 0 { state.made[Array(part)]?.areBelow = true }
                break
            }
        }
    }

    /// What to say about a large context, lines with their ends; nil for one that is not large.
    func note(for context: PreparedContext) -> String? {
        let state = state.withLock { $0 }
        guard state.total.isLarge else { return nil }
        var text = "Note: The context is large: \(Self.words(state.total)).\n"
        let folders = state.folders.map { (name: Self.shown($0.key), sum: $0.value) }.sorted {
            ($0.sum.bytes, $0.sum.entries, $1.name) > ($1.sum.bytes, $1.sum.entries, $0.name)
        }
        if !folders.isEmpty { text += "The largest folders in it:\n" }
        for (name, sum) in folders.prefix(3) { text += "  \(name): \(Self.words(sum))\n" }
        let file = (context.ignoreFile ?? ".dockerignore").escapedForDisplay
        for (name, namesakes) in state.made.sorted(by: { $1.value.sum.bytes < $0.value.sum.bytes })
        where namesakes.sum.isWorthALine && !context.dockerfile.contains(name) {
            let rule = (namesakes.areBelow ? "**/" : "") + Self.shown(name)
            text +=
                "If the build makes \(Self.shown(name)) anew, a line '\(rule)' in \(file) leaves out \(Self.words(namesakes.sum)).\n"
        }
        return text
    }

    private static func shown(_ name: [UInt8]) -> String { EntryPath(bytes: name).text.escapedForDisplay }

    private static func words(_ sum: Sum) -> String {
        "\(sum.entries) \(sum.entries == 1 ? "entry" : "entries"), \(ByteText(sum.bytes).short)"
    }
}

extension ContextEntry {
    /// What a file holds; 0 for everything else, a second name of a file included.
    var contentBytes: Int64 {
        if case .file(let size) = kind { size } else { 0 }
    }
}

/// A walk whose entries are counted as they pass.
struct TalliedWalk: ContextWalk {
    private let walk: any ContextWalk
    private let tally: ContextTally

    init(_ walk: any ContextWalk, _ tally: ContextTally) {
        self.walk = walk
        self.tally = tally
    }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        tally.restart()
        try walk.forEachEntry { entry, content in
            try visit(entry, content)
            tally.add(entry)
        }
    }
}
