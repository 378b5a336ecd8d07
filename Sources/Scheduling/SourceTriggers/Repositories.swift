import AgentProtocol
public import Contexts
public import CurlHTTP
import Forges
public import TaskModel

/// How the server itself looks at the repositories of tasks: with the logins that their runs would have.
public struct Repositories: Sendable {
    private let access: GitAccess
    private let folder: String

    /// - Parameters:
    ///   - client: its policy says what may be connected to.
    ///   - folder: for mirrors of repositories that are looked into; made if it is missing.
    ///   - cacheBytes: what the mirrors may take on the disk.
    public init(
        settings: SchedulingSettings, client: HTTPClient, folder: String, limits: ContextLimits = ContextLimits(),
        cacheBytes: Int64 = 5 << 30
    ) {
        access = GitAccess(
            client: client, credentials: settings.gitCredentials, sshKey: settings.gitSSH?.privateKey,
            knownHosts: settings.gitSSH?.knownHosts ?? "", limits: limits, cacheBytes: cacheBytes)
        self.folder = folder
    }

    public func remote(_ reference: GitReference) -> GitRemote {
        GitRemote(reference, pool: folder, access: access)
    }
}

/// Whether two URLs mean the same repository, however they are written.
///
/// - Parameter forge: the kind of its server; nil for one of which nothing is known.
func isSameRepository(_ one: String, _ other: String, on forge: ForgeKind?) -> Bool {
    guard let one = RepositoryName(one, on: forge), let other = RepositoryName(other, on: forge) else { return false }
    return one.isSame(as: other)
}

extension TaskDefinition {
    /// The context of the task's step with its login; nil if it is no git repository.
    var contextReference: GitReference? {
        guard let context = step?.context, let location = context.location?.value else { return nil }
        return GitReference(location, token: context.accessToken)
    }

    /// The repository of a source trigger: by way of the context if that is the same one, since its login is known to work.
    ///
    /// - Parameter forge: the kind of its server; nil for one of which nothing is known.
    func repository(of trigger: SourceTriggerDefinition, on forge: ForgeKind?) -> GitReference? {
        if let context = contextReference, isSameRepository(context.remote, trigger.repositoryURL, on: forge) {
            return context
        }
        return GitReference(trigger.repositoryURL, token: token(for: trigger))
    }
}

extension GitReference {
    /// Nil for what can't be read as one.
    fileprivate init?(_ location: String, token: Secret?) {
        let location = TaskRequest.location(location, with: token)
        switch try? ContextLocation(location) {
        case .git(let reference)?: self = reference
        case .download(let url)?:
            // A repository may be written without the ending by which contexts are told apart.
            guard case .git(let reference)? = try? ContextLocation(url + ".git") else { return nil }
            self = reference
        default: return nil
        }
    }
}
