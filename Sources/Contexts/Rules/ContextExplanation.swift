/// Why an entry is in a context, or is not.
public struct ContextExplanation: Sendable, Equatable {
    public enum Verdict: Sendable, Equatable {
        /// `COPY . /` sees it.
        case included
        /// Dropped, yet packed as the directory of something that is brought back.
        case parent
        /// It travels, and no `COPY` sees it.
        case carried(Role)
        case excluded
        /// There is nothing of this name. If its path runs through a symbolic link, that link.
        case missing(behind: EntryPath?)
    }

    /// Why something travels that the rules drop.
    public enum Role: Sendable, Equatable {
        case dockerfile
        case ignoreFile
        /// A directory of one of these files.
        case parent
    }

    /// Relative to the root; empty for the root itself.
    public let path: EntryPath
    public let verdict: Verdict
    public let isDirectory: Bool
    /// What the rules say, whatever became of it.
    public let decision: IgnoreDecision
}

extension PreparedContext {
    private enum Place {
        case entry(ContextEntry.Kind)
        case nothing(behind: EntryPath?)
    }

    /// Tells why a path is in this context, or is not. Blocks, since it looks into the source.
    ///
    /// - Parameter path: relative to the root of the context.
    /// - Throws: ``ContextError/folderOutside(_:)``, what walks throw.
    public func explain(_ path: String) throws -> ContextExplanation {
        guard let bytes = pathInside(path.utf8) else { throw ContextError.folderOutside(path) }
        let kept = IgnoreDecision(isExcluded: false, cause: .noRule, enteredFor: nil)
        guard !bytes.isEmpty else {
            return ContextExplanation(
                path: EntryPath(bytes: []), verdict: .included, isDirectory: true, decision: kept)
        }
        let decision = explainer?.decide(bytes) ?? kept
        var isDirectory = false
        let verdict: ContextExplanation.Verdict
        if carried.contains(where: { $0.entry.path.bytes == bytes }) {
            verdict = .carried(bytes.elementsEqual(dockerfilePath.utf8) ? .dockerfile : .ignoreFile)
        } else {
            switch try place(of: bytes) {
            case .nothing(let link): verdict = .missing(behind: link)
            case .entry(let kind):
                isDirectory = kind == .directory
                verdict = try self.verdict(on: bytes, isDirectory: isDirectory, decision)
            }
        }
        return ContextExplanation(
            path: EntryPath(bytes: bytes), verdict: verdict, isDirectory: isDirectory, decision: decision)
    }

    private func verdict(
        on path: [UInt8], isDirectory: Bool, _ decision: IgnoreDecision
    ) throws -> ContextExplanation.Verdict {
        guard decision.isExcluded else { return .included }
        guard isDirectory else { return .excluded }
        if decision.enteredFor != nil, try isVisited(path) { return .parent }
        let holdsCarried = carried.contains { $0.entry.path.bytes.starts(with: path + [.slash]) }
        return holdsCarried ? .carried(.parent) : .excluded
    }

    /// Looks whether there is something at a path, kept or not, without following links and without going elsewhere.
    private func place(of path: [UInt8]) throws -> Place {
        struct Found: Error {}
        var walk = included
        if var narrow = included as? any FilteringWalk {
            let nothing = try DockerIgnore.empty.adding("**")
            narrow.makeFilter = { IgnoreFilter(nothing) }
            narrow.carried = Set(parentPaths(of: path) + [path])
            walk = narrow
        }
        var place = Place.nothing(behind: nil)
        do {
            try walk.forEachEntry { entry, _ in
                if entry.path.bytes == path {
                    place = .entry(entry.kind)
                    throw Found()
                }
                if case .symbolicLink = entry.kind, path.starts(with: entry.path.bytes + [.slash]) {
                    place = .nothing(behind: entry.path)
                }
            }
        } catch is Found {}
        return place
    }

    /// Whether a walk comes to this path.
    private func isVisited(_ path: [UInt8]) throws -> Bool {
        struct Found: Error {}
        do {
            try included.forEachEntry { entry, _ in if entry.path.bytes == path { throw Found() } }
            return false
        } catch is Found {
            return true
        }
    }
}

extension ContextError {
    /// The line of the ignore file that is to blame, from 1.
    public var line: Int? {
        switch self {
        case .invalidPattern(_, let line, _, _), .lineTooLong(_, let line): line
        default: nil
        }
    }
}
