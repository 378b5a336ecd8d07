public import TaskModel

/// A context that is ready to be sent: which entries the builder must see, and the Dockerfile beside them.
public struct PreparedContext: Sendable {
    /// What `COPY . /` must see.
    public let included: any ContextWalk
    /// ``included``, with the Dockerfile and the ignore file wherever the rules drop them: what an upload consists of.
    public let upload: any ContextWalk
    /// The files that travel without being seen: not in ``included``.
    public let carried: [InMemoryEntry]
    /// Relative to the root of the context; of a link the target. A Dockerfile from elsewhere has a name of its own
    /// here. Empty if there is none and ``DockerfileChoice/ifPresent`` was the choice.
    public let dockerfilePath: String
    public let dockerfile: [UInt8]
    public let isDockerfileIncluded: Bool
    /// The path to name in a request for an upload, from which the other side finds the same Dockerfile and the same
    /// rules.
    public let uploadDockerfilePath: String
    /// The ignore file in force, relative to the root; nil without one.
    public let ignoreFile: String?
    /// What a person should know, a sentence each.
    public let notices: [String]
    /// Of git contexts.
    public let revision: SourceRevision?
    /// Stands for the rules of the ignore file.
    public internal(set) var rulesDigest = ""
    /// The rules, for ``explain(_:)``; nil where none apply.
    var explainer: IgnoreExplainer?

    public init(
        included: any ContextWalk, upload: any ContextWalk, carried: [InMemoryEntry], dockerfilePath: String,
        dockerfile: [UInt8],
        isDockerfileIncluded: Bool, uploadDockerfilePath: String, ignoreFile: String? = nil, notices: [String] = [],
        revision: SourceRevision? = nil
    ) {
        self.included = included
        self.upload = upload
        self.carried = carried
        self.dockerfilePath = dockerfilePath
        self.dockerfile = dockerfile
        self.isDockerfileIncluded = isDockerfileIncluded
        self.uploadDockerfilePath = uploadDockerfilePath
        self.ignoreFile = ignoreFile
        self.notices = notices
        self.revision = revision
    }

    /// A context of a Dockerfile alone.
    public init(dockerfile bytes: [UInt8]) {
        let path = "Dockerfile"
        let walk = InMemoryWalk([InMemoryEntry(file: path, bytes: bytes)])
        self.init(
            included: walk, upload: walk, carried: [], dockerfilePath: path, dockerfile: bytes,
            isDockerfileIncluded: true, uploadDockerfilePath: path)
    }
}

/// Which Dockerfile to build.
public enum DockerfileChoice: Sendable, Hashable {
    /// `Dockerfile` in the root of the context, or else `dockerfile`.
    case standard
    /// A path relative to the root of the context.
    case path(String)
    /// As ``standard``, or none if neither is there: for the folder of a task, whose steps name their own Dockerfiles.
    case ifPresent
    /// Bytes from elsewhere: standard input, a download.
    case bytes([UInt8])

    /// Nil, empty and `Dockerfile` itself, which some clients always write, are the standard one.
    public init(path: String?) {
        if let path, !path.isEmpty, path != "Dockerfile" { self = .path(path) } else { self = .standard }
    }
}
