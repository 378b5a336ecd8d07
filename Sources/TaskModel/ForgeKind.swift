/// What kind of server a repository lives on, besides git.
public enum ForgeKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// GitHub and GitHub Enterprise.
    case gitHub = "github"
    case gitLab = "gitlab"
    /// Gitea and Forgejo.
    case gitea
    /// Azure Repos and Azure DevOps Server.
    case azureRepos = "azure-repos"
    /// Bitbucket Cloud.
    case bitbucket
    /// Bitbucket Data Center and Server.
    case bitbucketDataCenter = "bitbucket-data-center"
}
