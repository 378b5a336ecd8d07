public import CurlHTTP

/// Why a context could not be named, found, fetched, read or packed.
public enum ContextError: Error, Equatable {
    // Naming
    case emptyLocation
    case notAFolder(String)
    case locationNotFound(String)
    case unknownScheme(String)
    case invalidURL(String, reason: String)
    case invalidReference(String, reason: String)
    case invalidArtifact(String)
    /// The kind of source is one that is never, or not without a setting, fetched from.
    case sourceRefused(String, reason: String)
    /// Plain http, and nobody has allowed it for this origin.
    case plainSource(HTTPOrigin)

    // The ignore file and the Dockerfile
    case invalidPattern(file: String, line: Int, text: String, reason: String)
    case lineTooLong(file: String, line: Int)
    case ignoreFileUnreadable(String, reason: String)
    case ignoreFileTooLarge(String, limit: String)
    case noDockerfile(String)
    /// A file of the context is asked for, and the context is a single Dockerfile.
    case loneDockerfile(String, asked: String)
    /// A Dockerfile is asked for, and an archive is there.
    case noDockerfileButArchive(String)

    // Downloads
    /// The server answered with an error; `reason` is the first line of what it said.
    case downloadRefused(String, status: Int, reason: String)
    case notStored(String, reason: String)

    // git
    case referenceNotFound(String, remote: String)
    case folderOutside(String)
    case folderMissing(String, inside: String)
    case folderNotADirectory(String)
    /// The remote wants other credentials, or any at all.
    case accessRefused(remote: String, hadCredentials: Bool)
    case repositoryNotFound(remote: String)
    case unexpectedAnswer(remote: String, reason: String)
    case unreachable(remote: String, cause: HTTPError)
    case connectionFailed(remote: String, reason: String)
    case unknownHostKey(host: String, line: String)
    case wrongCommit(expected: String, actual: String, remote: String)
    case submodule(path: String, reason: String)
    case mirrorDamaged(remote: String, reason: String)

    // Reading
    case unreadable(String, reason: String)
    case changedWhileReading(String)
    case folderUnwritable(String, reason: String)

    // Archives
    case notAnArchive(reason: String)
    case archiveBroken(reason: String)
    case entryRefused(String, reason: String)
    case tooLarge(String, limit: String)
    case archiveLibrary(action: String, reason: String)
}

extension ContextError {
    /// Artifacts of a registry are understood, and not fetched yet.
    public static func artifact(_ name: String) -> ContextError {
        .sourceRefused(
            SourceURL.redact(name),
            reason: "contexts that are artifacts of a registry may come later. "
                + "Name a git repository or the URL of an archive, or build a folder")
    }

    /// The short name of what went wrong, as it stands in `details[0].code` and, in brackets, in a run's message.
    public var code: String {
        switch self {
        case .emptyLocation: "empty"
        case .notAFolder: "not-a-folder"
        case .locationNotFound: "not-found"
        case .unknownScheme: "unknown-scheme"
        case .invalidURL: "bad-url"
        case .invalidReference: "bad-ref"
        case .invalidArtifact: "bad-oci"
        case .sourceRefused, .plainSource: "source-refused"
        case .invalidPattern: "invalid-pattern"
        case .lineTooLong: "line-too-long"
        case .ignoreFileUnreadable: "ignore-file-unreadable"
        case .ignoreFileTooLarge: "ignore-file-too-large"
        case .noDockerfile, .loneDockerfile, .noDockerfileButArchive: "no-dockerfile"
        case .downloadRefused(_, 401, _), .downloadRefused(_, 403, _): "access-refused"
        case .downloadRefused(_, 404, _), .downloadRefused(_, 410, _): "not-found"
        case .downloadRefused: "unreachable"
        case .notStored: "not-stored"
        case .referenceNotFound, .wrongCommit: "no-ref"
        case .folderOutside: "folder-outside"
        case .folderMissing: "folder-missing"
        case .folderNotADirectory: "folder-not-a-directory"
        case .accessRefused: "access-refused"
        case .repositoryNotFound: "not-found"
        case .unexpectedAnswer, .unreachable, .connectionFailed: "unreachable"
        case .unknownHostKey: "unknown-host-key"
        case .submodule: "submodule"
        case .mirrorDamaged: "mirror-damaged"
        case .unreadable, .changedWhileReading: "unreadable"
        case .folderUnwritable: "unwritable"
        case .notAnArchive, .archiveBroken: "bad-archive"
        case .entryRefused: "entry-refused"
        case .tooLarge: "too-large"
        case .archiveLibrary: "archive-library"
        }
    }

    /// The code of the resource API's error envelope.
    public var apiCode: String {
        switch self {
        case .folderOutside: "ContextPathEscape"
        case .entryRefused, .notAnArchive, .archiveBroken: "ArchiveEntryRefused"
        case .tooLarge: "ContextTooLarge"
        case .ignoreFileTooLarge: "TaskTooComplex"
        case .unreachable(_, cause: .addressBlocked): "SourceAddressBlocked"
        case .unreachable(_, cause: .redirectRefused): "RedirectRefused"
        default: "InvalidSourceLocation"
        }
    }
}

extension ContextError: CustomStringConvertible {
    /// One line, whatever names it holds.
    public var description: String { withoutControls(text) }

    private var text: String {
        switch self {
        case .emptyLocation, .notAFolder, .locationNotFound, .unknownScheme, .invalidURL, .invalidReference,
            .invalidArtifact,
            .sourceRefused, .plainSource:
            namingProblem
        case .referenceNotFound, .folderOutside, .folderMissing, .folderNotADirectory, .accessRefused,
            .repositoryNotFound,
            .unexpectedAnswer, .unreachable, .connectionFailed, .unknownHostKey, .wrongCommit, .submodule,
            .mirrorDamaged:
            gitProblem
        case .loneDockerfile, .noDockerfileButArchive, .downloadRefused, .notStored: downloadProblem
        default: readingProblem
        }
    }

    private var namingProblem: String {
        switch self {
        case .emptyLocation: "No context is named. Name a folder, a git URL, a tarball URL, or /dev/null for none."
        case .notAFolder(let path):
            "\(path) is no folder. Name the folder that holds it, and the file with -f if it is the Dockerfile."
        case .locationNotFound(let text):
            "There is no folder \(text), and it is no URL either. For a git repository write its whole URL, as in https://host/team/app.git#main:folder."
        case .unknownScheme(let text): "Contexts can't be fetched from \(text). Use https://, ssh:// or oci://."
        case .invalidURL(let text, let reason): "\(text) is no usable URL: \(reason)."
        case .invalidReference(let text, let reason):
            "'\(text)' can't be checked out: \(reason). Put a branch, tag or commit id after '#'."
        case .invalidArtifact(let text):
            "\(text) names no artifact. Write oci://registry/repository:tag or oci://registry/repository@digest."
        case .sourceRefused(let text, let reason): "\(text) is not fetched from: \(reason)."
        case .plainSource(let origin):
            "\(origin) is not encrypted, so nothing is fetched from it. Use https://, or have the administrator add \(origin) to sources.allow."
        default: ""
        }
    }

    private var downloadProblem: String {
        switch self {
        case .loneDockerfile(let place, let asked):
            "\(place) is a single Dockerfile and no archive, so there is no \(asked) in it. Leave -f out."
        case .noDockerfileButArchive(let url):
            "\(url) is an archive and no Dockerfile. Name a Dockerfile with -f, or build the archive as the context."
        case .downloadRefused(let url, let status, let reason):
            "\(url) can't be fetched: its server answered with status \(status)"
                + (reason.isEmpty ? "." : ", '\(reason)'.") + " Check the address, and the login or signature in it."
        case .notStored(let folder, let reason):
            "What was fetched can't be kept in \(folder): \(reason). Make room there, then run it again."
        default: ""
        }
    }

    private var gitProblem: String {
        switch self {
        case .referenceNotFound(let name, let remote):
            "Can't check out '\(name)': \(remote) has no such branch, tag or commit. Put an existing one after '#', as in \(remote)#main."
        case .folderOutside(let folder):
            "'\(folder)' leads out of the context's root or into a .git. Name a place inside it."
        case .folderMissing(let folder, let place):
            "There is no folder '\(folder)' in \(place). Name one that exists there."
        case .folderNotADirectory(let folder): "'\(folder)' is a file. Name the folder that holds it."
        case .accessRefused(let remote, true):
            "\(remote) refused the credentials. Check that they are still valid and may read this repository."
        case .accessRefused(let remote, false):
            "\(remote) asks for credentials and there are none for its host. Add some, or check the address."
        case .repositoryNotFound(let remote):
            "There is no repository at \(remote), or these credentials may not see it. Check the address, or add credentials for its host."
        case .unexpectedAnswer(let remote, let reason):
            "\(remote) did not answer as a git server: \(reason). Check the address."
        case .unreachable(let remote, let cause): "Can't fetch from \(remote). \(cause)"
        case .connectionFailed(let remote, let reason): "Can't fetch from \(remote): \(reason)."
        case .unknownHostKey(let host, let line):
            "The host key of \(host) is not known. If it is the right one, add this line to the known hosts: \(line)"
        case .wrongCommit(let expected, let actual, let remote):
            "\(remote) has commit \(actual) there, not \(expected) as the request says."
        case .submodule(let path, let reason): "The submodule at \(path) can't be fetched: \(reason)"
        case .mirrorDamaged(let remote, let reason):
            "The local copy of \(remote) is damaged (\(reason)) and will be made anew by the next run. Run it again."
        default: ""
        }
    }

    private var readingProblem: String {
        switch self {
        case .invalidPattern(let file, let line, let text, let reason):
            "\(file), line \(line): '\(text)' is no valid rule: \(reason)."
        case .lineTooLong(let file, let line): "\(file), line \(line): the line has 65,536 bytes or more. Split it."
        case .ignoreFileUnreadable(let file, let reason): "The ignore file \(file) can't be read: \(reason)."
        case .ignoreFileTooLarge(let file, let limit): "The ignore file \(file) has more than \(limit)."
        case .noDockerfile(let path):
            "There is no \(path) in the context. Add one, name another file with -f, or another folder of a repository as in URL#main:FOLDER."
        case .unreadable(let path, let reason): "\(path) can't be read: \(reason)."
        case .folderUnwritable(let path, let reason): "\(path) can't be written: \(reason)."
        case .changedWhileReading(let path):
            "\(path) became shorter while it was read. Try again when nothing writes to it."
        case .notAnArchive(let reason):
            "The context is no tar archive: \(reason). Give a tar file, plain or compressed with gzip, bzip2, xz or zstd."
        case .archiveBroken(let reason):
            "The archive ends early or is damaged: \(reason). Send it again, or make it anew."
        case .entryRefused(let path, let reason): "The entry '\(path)' is refused: \(reason)."
        case .tooLarge(let what, let limit):
            "The context has \(what), over the limit of \(limit). Leave out what the build doesn't need."
        case .archiveLibrary(let action, let reason): "libarchive could not \(action): \(reason)."
        default: ""
        }
    }
}
