import CGit2

/// libgit2 as this program uses it: no configuration of the system or of a user, no templates, bounded memory.
enum GitLibrary {
    /// The largest object that is read, in bytes. libgit2 reads objects whole, and one that is kept as a change to
    /// another takes as much memory again.
    static let largestObject = 100 << 20

    /// Sets the library up, once for the process.
    static func prepare() {
        _ = isPrepared
    }

    private static let isPrepared: Bool = {
        // With room for what stands around an object.
        guard cgit2_limit_allocations(largestObject + 4096) == 0, git_libgit2_init() > 0 else { return false }
        // An empty path: none of these files is looked for.
        for level in [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
        ] {
            _ = cgit2_set_search_path(level.rawValue, "")
        }
        _ = cgit2_set_template_path("")
        _ = cgit2_set_cache_max_size(8 << 20)
        // Packs are mapped piece by piece; by default a piece is 1 GiB.
        _ = cgit2_set_window_size(8 << 20)
        _ = cgit2_set_window_limit(16 << 20)
        // Objects were hashed when they were received. To do so again at each reading costs as much as reading them; a
        // disk's errors show in the sums that zlib keeps.
        _ = cgit2_set_hash_verification(0)
        // The mirrors are ours whoever owns the disk they are on.
        _ = cgit2_set_owner_validation(0)
        return true
    }()

    /// What the call that failed last on this thread says.
    static var message: String {
        guard let error = git_error_last(), let text = error.pointee.message else { return "no reason given" }
        return String(cString: text)
    }
}

/// A call of libgit2 that failed.
struct GitFailure: Error {
    let reason: String
    /// Whether the cause lies with the local repository, not with the network or the other side.
    let isLocal: Bool
    /// Whether there was an object larger than ``GitLibrary/largestObject``.
    let isTooLarge: Bool

    init(_ code: CInt) {
        reason = GitLibrary.message
        let kind = git_error_last().map { git_error_t(UInt32(bitPattern: $0.pointee.klass)) }
        isTooLarge = kind == GIT_ERROR_NOMEMORY
        isLocal = [
            GIT_ERROR_ODB, GIT_ERROR_OBJECT, GIT_ERROR_TREE, GIT_ERROR_ZLIB, GIT_ERROR_REFERENCE, GIT_ERROR_INDEXER,
            GIT_ERROR_OS,
        ]
        .contains { $0 == kind }
    }

    init(missing id: GitObjectID) {
        reason = "object \(id.text) is missing"
        isLocal = true
        isTooLarge = false
    }

    /// - Parameter file: the file that it is about; nil if that is not known.
    static func sizeError(file: String? = nil) -> ContextError {
        let what = file.map { "a larger file in git, '\($0)'" } ?? "a larger file in git"
        return .tooLarge(what, limit: "\(GitLibrary.largestObject >> 20) MiB")
    }

    static func check(_ code: CInt) throws(GitFailure) {
        guard code < 0 else { return }
        throw GitFailure(code)
    }
}

/// The id of an object.
struct GitObjectID: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt32)

    init(_ id: git_oid) {
        words = withUnsafeBytes(of: id) {
            (
                $0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                $0.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            )
        }
    }

    /// 40 lower-case hexadecimal digits.
    var text: String { hexadecimal(bytes) }

    var bytes: [UInt8] { withUnsafeBytes(of: raw) { Array($0.prefix(20)) } }

    static func == (left: GitObjectID, right: GitObjectID) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// Nil if the text is no full id.
    init?(_ text: String) {
        guard text.utf8.count == 40, text.utf8.allSatisfy({ hexValue($0) != nil }) else { return nil }
        var id = git_oid()
        git_oid_fromstr(&id, text)  // the digits were checked
        self.init(id)
    }

    var raw: git_oid {
        var id = git_oid()
        withUnsafeMutableBytes(of: &id) {
            $0.storeBytes(of: words.0, as: UInt64.self)
            $0.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
            $0.storeBytes(of: words.2, toByteOffset: 16, as: UInt32.self)
        }
        return id
    }
}
