import Crypto
import TaskModel

/// Where a file of a context really lies.
enum ResolvedFile: Hashable {
    /// Relative to the root.
    case inside([UInt8])
    /// A local path outside of the context.
    case outside(String)
}

/// Single files of a context, before it is walked.
protocol ContextFiles {
    /// Follows links; nil if there is nothing.
    ///
    /// - Throws: ``ContextError/folderOutside(_:)`` where leaving the context is no choice.
    func resolve(_ path: String) throws -> ResolvedFile?
    /// - Throws: ``ContextError/unreadable(_:reason:)`` if it is no file.
    func read(_ file: ResolvedFile, limit: Int) throws -> (bytes: [UInt8], entry: ContextEntry)
}

/// The Dockerfile and the ignore file of a context, found and read.
struct ContextPlan {
    private struct IgnoreFile {
        let path: String
        let resolved: ResolvedFile
        let bytes: [UInt8]
        let entry: ContextEntry
    }

    /// The names of a Dockerfile that a client added for the request alone.
    private static let addedPrefix = ".dockerfile."

    let ignore: DockerIgnore
    private var dockerfilePath: [UInt8]
    private var dockerfile: [UInt8]
    private let ignoreFile: IgnoreFile?
    /// Files that must travel, by their paths in the context.
    private var needed: [InMemoryEntry] = []
    /// Files that are not in the context and must travel.
    private var added: [InMemoryEntry] = []
    /// What is in the tree and yet never a part of the context: the copy of the Dockerfile that a client added.
    private(set) var hidden: Set<[UInt8]> = []
    private var uploadDockerfilePath: [UInt8]

    /// - Parameter appliesIgnoreFile: without it an ignore file is a file like any other, and so is a Dockerfile with a
    ///   name that clients make up.
    /// - Throws: ``ContextError/noDockerfile(_:)``, ``ContextError/ignoreFileUnreadable(_:reason:)``, and what reading
    ///   throws.
    init(_ choice: DockerfileChoice, files: some ContextFiles, appliesIgnoreFile: Bool = true) throws {
        let (asked, resolved) = try Self.find(choice, files)
        let original = appliesIgnoreFile ? try Self.original(of: asked, files) : nil
        ignoreFile = appliesIgnoreFile ? try Self.ignoreFile(beside: original?.entry.path.text ?? asked, files) : nil
        ignore = try ignoreFile.map { try DockerIgnore($0.bytes, file: $0.path) } ?? .empty
        if choice == .ifPresent, resolved == nil {
            (dockerfile, dockerfilePath, uploadDockerfilePath) = ([], [], [])
            try addNeeded(files)
            return
        }
        guard let resolved, case .inside(let path) = resolved else {
            if case .bytes(let bytes) = choice { dockerfile = bytes } else { dockerfile = [] }
            if let resolved { dockerfile = try files.read(resolved, limit: FolderContext.maxDockerfileBytes).bytes }
            dockerfilePath = Self.addedName(for: dockerfile)
            uploadDockerfilePath = dockerfilePath
            try addNeeded(files)
            addCopies()
            return
        }
        let (bytes, entry) = try files.read(resolved, limit: FolderContext.maxDockerfileBytes)
        dockerfile = bytes
        dockerfilePath = path
        uploadDockerfilePath = path
        guard appliesIgnoreFile else { return }
        if Self.isAddedName(path) { hidden = [path, path + Array(".dockerignore".utf8)] }
        needed.append(InMemoryEntry(entry, bytes: bytes))
        if let original {
            dockerfilePath = original.entry.path.bytes
            needed.append(original)
        }
        try addNeeded(files)
        // Whoever reads the upload looks for rules beside the name that the request gives.
        let name = String(decoding: path, as: UTF8.self)
        guard name != asked else { return }
        if try (ignoreFile?.path ?? ".dockerignore") != ".dockerignore" || files.resolve(name + ".dockerignore") != nil
        {
            uploadDockerfilePath = Self.addedName(for: bytes)
            addCopies()
        }
    }

    /// - Returns: the name asked for, relative to the root, and where that file really is; nothing for bytes from
    ///   elsewhere and for a Dockerfile that need not be there and is not.
    private static func find(_ choice: DockerfileChoice, _ files: some ContextFiles) throws -> (
        asked: String, resolved: ResolvedFile?
    ) {
        switch choice {
        case .standard, .ifPresent:
            if let found = try files.resolve("Dockerfile") ?? files.resolve("dockerfile") {
                return ("Dockerfile", found)
            }
            guard choice == .ifPresent else { throw ContextError.noDockerfile("Dockerfile") }
            return ("Dockerfile", nil)
        case .path(let path):
            let asked = String(decoding: cleanPath(path.utf8), as: UTF8.self)
            guard let found = try files.resolve(asked) else { throw ContextError.noDockerfile(path) }
            return (asked, found)
        case .bytes:
            return ("", nil)
        }
    }

    /// Marks what must travel: the ignore file in force, and the one of the root.
    private mutating func addNeeded(_ files: some ContextFiles) throws {
        if let ignoreFile, case .inside(let path) = ignoreFile.resolved {
            var entry = ignoreFile.entry
            entry.path = EntryPath(bytes: path)
            needed.append(InMemoryEntry(entry, bytes: ignoreFile.bytes))
        }
        guard ignoreFile?.path != ".dockerignore", let root = try files.resolve(".dockerignore"), case .inside = root,
            // Not the one in force: if it is no file, nobody minds.
            let (bytes, entry) = try? files.read(root, limit: DockerIgnore.maxFileBytes)
        else { return }
        needed.append(InMemoryEntry(entry, bytes: bytes))
    }

    /// Adds the Dockerfile, and its own ignore file, under a name for the request alone.
    private mutating func addCopies() {
        let name = String(decoding: uploadDockerfilePath, as: UTF8.self)
        added.append(InMemoryEntry(file: name, bytes: dockerfile))
        if let ignoreFile, ignoreFile.path != ".dockerignore" {
            added.append(InMemoryEntry(file: name + ".dockerignore", bytes: ignoreFile.bytes))
        }
    }

    private static func ignoreFile(beside dockerfile: String, _ files: some ContextFiles) throws -> IgnoreFile? {
        for path in dockerfile.isEmpty ? [".dockerignore"] : [dockerfile + ".dockerignore", ".dockerignore"] {
            do {
                guard let resolved = try files.resolve(path) else { continue }
                let (bytes, entry) = try files.read(resolved, limit: DockerIgnore.maxFileBytes)
                return IgnoreFile(path: path, resolved: resolved, bytes: bytes, entry: entry)
            } catch ContextError.unreadable(_, let reason) {
                throw ContextError.ignoreFileUnreadable(path, reason: reason)
            } catch ContextError.tooLarge {
                throw ContextError.ignoreFileTooLarge(path, limit: "1 MiB")
            }
        }
        return nil
    }

    /// From the content, so that equal contexts give equal archives.
    private static func addedName(for dockerfile: [UInt8]) -> [UInt8] {
        Array(addedPrefix.utf8) + hexadecimal(SHA256.hash(data: dockerfile)).utf8.prefix(20)
    }

    /// Whether a Dockerfile has the name of a copy made for one request: ours, or the `<32 hexadecimal digits>_<name>`
    /// of the Azure CLI.
    private static func isAddedName(_ path: [UInt8]) -> Bool {
        guard !path.contains(.slash) else { return false }
        if path.starts(with: addedPrefix.utf8) {
            let digits = path.dropFirst(addedPrefix.utf8.count)
            return digits.count == 20 && digits.allSatisfy { hexValue($0) != nil }
        }
        return nameWithoutDigits(path) != nil
    }

    /// The name in a `<32 hexadecimal digits>_<name>` of the Azure CLI; nil if it is none.
    static func nameWithoutDigits(_ path: [UInt8]) -> [UInt8]? {
        guard path.count > 33, path[32] == UInt8(ascii: "_"), path.prefix(32).allSatisfy({ hexValue($0) != nil }),
            !path.contains(.slash)
        else { return nil }
        return Array(path.dropFirst(33))
    }

    /// The file that the Azure CLI's copy of a Dockerfile was made from, if it is at the root and the same. A build from
    /// it is the one that was asked for, with the ignore file that belongs to it; and it is a part of the context, where
    /// the copy is not.
    private static func original(of copy: String, _ files: some ContextFiles) throws -> InMemoryEntry? {
        guard let name = nameWithoutDigits(Array(copy.utf8)), let copied = try files.resolve(copy),
            let resolved = try files.resolve(String(decoding: name, as: UTF8.self)), resolved == .inside(name),
            // What is no file can't be it.
            let (bytes, file) = try? files.read(resolved, limit: FolderContext.maxDockerfileBytes),
            try files.read(copied, limit: FolderContext.maxDockerfileBytes).bytes == bytes
        else { return nil }
        var entry = file
        entry.path = EntryPath(bytes: name)
        return InMemoryEntry(entry, bytes: bytes)
    }

    /// Puts the context together.
    ///
    /// - Parameter makeWalk: makes a walk of what the rules leave and the paths it is given.
    func context(
        filter: IgnoreFilter, notices: [String] = [], revision: SourceRevision? = nil,
        makeWalk: (Set<[UInt8]>) -> any ContextWalk
    ) -> PreparedContext {
        let dropped = needed.filter { !filter.keeps($0.entry.path.bytes) }
        let carried = added + dropped
        let all = makeWalk(Set(dropped.map(\.entry.path.bytes)))
        var context = PreparedContext(
            included: makeWalk([]),
            upload: added.isEmpty ? all : PrefixedWalk(first: added, rest: all),
            carried: carried,
            dockerfilePath: String(decoding: dockerfilePath, as: UTF8.self),
            dockerfile: dockerfile,
            isDockerfileIncluded: !carried.contains { $0.entry.path.bytes == dockerfilePath },
            uploadDockerfilePath: String(decoding: uploadDockerfilePath, as: UTF8.self),
            ignoreFile: ignoreFile?.path,
            notices: notices,
            revision: revision)
        context.explainer = filter.explainer
        context.rulesDigest = hexadecimal(SHA256.hash(data: Array(ignore.patterns.joined(separator: "\n").utf8)))
        return context
    }
}

extension IgnoreFilter {
    /// Whether a walk from the root down leaves this path in.
    func keeps(_ path: [UInt8]) -> Bool {
        (parentPaths(of: path) + [path]).reduce(root) { decide($1, in: $0) }.isKept
    }
}

/// Lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
