import Contexts
import Synchronization
import TaskFiles

/// The context of a run for as long as no step could have changed it: builds before the first container take their
/// files from it, and need not wait for a volume to be filled and read back.
final class UntouchedWorkspace: Sendable {
    private struct State {
        var walk: (any ContextWalk)?
        /// Folders that can be taken out of it.
        var folders: Set<String> = []
        var isPartial = false
    }

    private let state = Mutex(State())

    /// - Parameter context: nil is an empty workspace.
    func keep(_ context: PreparedContext?, for plan: TaskPlan) async throws {
        let walk = context?.upload ?? InMemoryWalk([])
        let asked = Set(plan.builds.compactMap(\.folder))
        let folders = try await BlockingExecutor.shared.run {
            try asked.filter { folder in
                guard let parts = Self.parts(of: folder) else { return false }
                return try SubfolderWalk(walk, folder: parts).isComplete()
            }
        }
        state.withLock { state in
            state.walk = walk
            state.folders = folders
            state.isPartial = folders != asked || plan.builds.contains { !$0.secrets.isEmpty || !$0.sshKeys.isEmpty }
        }
    }

    /// Whether builds need more than it has.
    var isPartial: Bool { state.withLock(\.isPartial) }

    /// A step may change the workspace from here on.
    func touch() {
        state.withLock { $0.walk = nil }
    }

    /// A folder as it came.
    ///
    /// - Parameter path: absolute, in a container.
    /// - Returns: nil once it may have been changed, or if it can't be taken out by itself.
    func folder(_ path: String) -> (any ContextWalk)? {
        state.withLock { state in
            guard let walk = state.walk, state.folders.contains(path), let parts = Self.parts(of: path) else {
                return nil
            }
            return SubfolderWalk(walk, folder: parts)
        }
    }

    /// All of it; nil once it may have been changed.
    var all: (any ContextWalk)? { state.withLock(\.walk) }

    /// - Returns: nil for what is not in the workspace.
    static func parts(of path: String) -> [String]? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.first == String(ContainerCommand.workspace.dropFirst()) else { return nil }
        return Array(parts.dropFirst())
    }
}

extension TaskPlan {
    var builds: [BuildCommand] {
        steps.compactMap { step in
            if case .build(let build) = step.work { build } else { nil }
        }
    }

    /// Whether steps run in containers, or volumes are to be made.
    var usesContainers: Bool {
        !volumes.isEmpty
            || steps.contains { step in
                switch step.work {
                case .container, .shell: true
                case .build, .push: false
                }
            }
    }
}

extension BuildCommand {
    /// That of its context; nil for one from elsewhere.
    var folder: String? {
        if case .folder(let path) = context { path } else { nil }
    }
}
