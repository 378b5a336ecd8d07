/// What a git server says it has: its branches and tags, and the branch that HEAD stands for.
public struct GitRefs: Sendable, Hashable {
    /// The branch that is meant when none is named, without `refs/heads/`; nil for a server that does not say.
    public let defaultBranch: String?
    /// By full name: `refs/heads/main`, `refs/tags/v1`. Of an annotated tag what it leads to.
    public let commits: [String: String]

    init(_ heads: [GitHead]) {
        var commits: [String: String] = [:]
        for head in heads where head.name.hasPrefix("refs/heads/") || head.name.hasPrefix("refs/tags/") {
            if head.name.hasSuffix("^{}") {
                commits[String(head.name.dropLast(3))] = head.id.text
            } else if commits[head.name] == nil {
                commits[head.name] = (head.peeled ?? head.id).text
            }
        }
        self.commits = commits
        let head = heads.first { $0.name == "HEAD" }
        defaultBranch = head?.branch ?? head.flatMap { Self.branch(at: $0.id.text, among: commits) }
    }

    /// Servers before git 1.8.5 give HEAD's commit without its branch.
    private static func branch(at commit: String, among commits: [String: String]) -> String? {
        let fitting = commits.filter { $0.value == commit && $0.key.hasPrefix("refs/heads/") }.keys
        let usual = ["refs/heads/main", "refs/heads/master"].first(where: fitting.contains)
        return (usual ?? fitting.min()).map { String($0.dropFirst("refs/heads/".count)) }
    }
}
