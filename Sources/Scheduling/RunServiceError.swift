public import Contexts
public import TaskFiles
public import TaskModel

/// Why a request about runs is refused. ``code`` is the one the API answers with.
public enum RunServiceError: Error, Equatable {
    case invalidSource(ContextError)
    case unknownUpload(String)
    case unknownPool(String, known: [String])
    case unsupportedPlatform(Platform)
    case invalidImageName(InvalidName)
    case missingSource
    case invalidTaskFile(TaskFileError)
    case secretArgumentsRefused(pool: String)
    case timeoutTooLong(Duration, most: Duration)
    case runNotFound(String)
    /// It is no longer configured.
    case registryGone(String)

    public var code: String {
        switch self {
        case .invalidSource(let error): error.apiCode
        case .missingSource: "InvalidSourceLocation"
        case .unknownUpload: "SourceNotFound"
        case .unknownPool: "AgentPoolNotFound"
        case .unsupportedPlatform: "PlatformNotSupported"
        case .invalidImageName: "InvalidName"
        case .invalidTaskFile(let error):
            switch error.code {
            case .policyDenied: "PolicyDenied"
            case .tooComplex: "TaskTooComplex"
            default: "InvalidTaskFile"
            }
        case .secretArgumentsRefused: "SecretInBuildArgument"
        case .timeoutTooLong: "InvalidParameter"
        case .runNotFound, .registryGone: "ResourceNotFound"
        }
    }

    /// A closer word for it, where there is one.
    public var detailCode: String? {
        switch self {
        case .invalidSource(let error): error.code
        case .invalidTaskFile(let error): error.code.rawValue
        default: nil
        }
    }
}

extension RunServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidSource(let error): error.description
        case .unknownUpload(let path):
            "There is no uploaded context '\(path.escapedForDisplay)' (any more). Ask for an upload URL, upload the context, then queue the run again."
        case .unknownPool(let name, let known):
            "There is no agent pool '\(name.escapedForDisplay)'. Name one of \(known.joined(separator: ", ")), or leave the pool out."
        case .unsupportedPlatform(let platform):
            "No agent builds for \(platform): the agents' system is linux. Use --platform linux, or leave the platform out."
        case .invalidImageName(let error): error.description
        case .missingSource:
            "The request names no source. Give a git reference (URL#ref:folder), an archive's URL or an uploaded context."
        case .invalidTaskFile(let error): error.description
        case .secretArgumentsRefused(let pool):
            "The policy of pool \(pool) refuses secret build arguments (refuseSecretBuildArguments), since an image's history may keep them."
        case .timeoutTooLong(let asked, let most):
            "A run may take \(most.components.seconds) s at most, and \(asked.components.seconds) s were asked for. "
                + "Ask for less, or have limits.maxRunTimeout raised."
        case .runNotFound(let id): "There is no run '\(id.escapedForDisplay)'."
        case .registryGone(let name):
            "Registry '\(name)' is no longer configured. Configure it again, or delete the tasks in it."
        }
    }
}
