/// Why the docker daemon did not do what was asked.
public enum DockerError: Error, Equatable {
    case invalidEndpoint(String)
    /// No connection to the daemon, or no answer on it.
    case unreachable(endpoint: String, reason: UnreachableReason)
    /// The daemon's newest API version is older than the oldest one known here.
    case tooOld(apiVersion: String)
    /// The daemon answered with a status of 400 or more. `message` is its own.
    case refused(action: String, status: Int, message: String)
    /// The connection ended, or the daemon stopped answering, before there was a result.
    case lost(action: String, reason: String)
    /// The daemon's answer cannot be read.
    case unexpected(action: String, reason: String)
    case build(BuildFailure)
    case push(image: String, RegistryFailure)
    case pull(image: String, RegistryFailure)
}

/// Why there is no connection to a daemon.
public enum UnreachableReason: Sendable, Equatable {
    case socketMissing
    case permissionDenied
    /// The socket is there, and nobody takes connections on it.
    case notListening
    /// A connection, and no answer within the deadline.
    case notAnswering
    case other(String)
}

/// How a build failed by itself, as opposed to a build that could not be carried out.
public enum BuildFailure: Sendable, Equatable {
    /// A step or the Dockerfile: the fault of what was to be built. `message` is the builder's.
    case step(message: String)
    /// An image that the build stands on, or that a `# syntax=` line names, could not be had from its registry.
    /// `reference` is spelled as the builder spells it, with registry and tag; empty if the builder did not name it.
    case base(reference: String, RegistryFailure)

    /// In the daemon's words.
    var message: String {
        switch self {
        case .step(let message): message
        case .base(_, let failure): failure.message
        }
    }
}

/// What a registry did, in the words of the daemon that asked it.
public enum RegistryFailure: Sendable, Equatable {
    /// No connection at all: refused, no such host, no route.
    case unreachable(String)
    /// 401 or 403.
    case denied(String)
    /// 404.
    case notFound(String)
    /// 408, 429, 5xx, or a connection that was reset or fell silent: trying again may help.
    case temporary(String)
    case other(String)

    public var message: String {
        switch self {
        case .unreachable(let message), .denied(let message), .notFound(let message), .temporary(let message),
            .other(let message):
            message
        }
    }
}

extension DockerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidEndpoint(let text):
            "'\(text)' is no docker endpoint. Give the path of the daemon's socket, as in unix:///var/run/docker.sock."
        case .unreachable(let endpoint, let reason): "Can't reach the docker daemon at \(endpoint): \(reason)"
        case .tooOld(let version):
            """
            The docker daemon speaks API version \(version) at most, and \(APIVersion.oldest) is needed. \
            Install docker 20.10 or newer.
            """
        case .refused(let action, let status, let message):
            "The docker daemon refused to \(action): \(message) (status \(status))."
        case .lost(let action, let reason):
            """
            The docker daemon was lost while it was to \(action): \(reason). \
            See whether it runs (docker info) and try again.
            """
        case .unexpected(let action, let reason):
            "The docker daemon's answer when asked to \(action) can't be read: \(reason)."
        case .build(.step(let message)): message
        case .build(.base("", let failure)): "A base image can't be had: \(failure)"
        case .build(.base(let reference, let failure)): "The base image \(reference) can't be had: \(failure)"
        case .push(let image, let failure): "\(image) can't be pushed: \(failure)"
        case .pull(let image, let failure): "\(image) can't be pulled: \(failure)"
        }
    }
}

extension UnreachableReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .socketMissing: "there is no such socket. Start the daemon, or name its socket in the pool's settings."
        case .permissionDenied:
            "this user may not use the socket. Run as root or as a member of the group that owns it (docker)."
        case .notListening: "nobody listens on the socket. Start the daemon (again)."
        case .notAnswering: "it does not answer in time. See its log; it may be overloaded or hang."
        case .other(let reason): "\(reason)."
        }
    }
}

extension RegistryFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let message): "its registry can't be connected to: \(message)"
        case .denied(let message): "its registry refuses access: \(message)"
        case .notFound(let message): "its registry does not have it: \(message)"
        case .temporary(let message): "its registry fails at the moment: \(message)"
        case .other(let message): message
        }
    }
}
