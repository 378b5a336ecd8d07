import Forges
import TaskModel

extension TaskDefinition {
    /// What the forge of a source trigger takes: the trigger's own token, or the one that fetches the context if that is of the same server.
    func token(for trigger: SourceTriggerDefinition) -> Secret? {
        if let token = trigger.authorization?.token, !token.value.isEmpty { return token }
        guard let context = step?.context, let token = context.accessToken, !token.value.isEmpty,
            let location = context.location.flatMap({ RepositoryName($0.value) }),
            location.server == RepositoryName(trigger.repositoryURL)?.server
        else { return nil }
        return token
    }
}
