/// Where a repository of Azure Repos or of an Azure DevOps Server is: organization or collection, project, repository.
///
/// `/ORG/PROJECT/_git/REPOSITORY`, the organization being the host's first label at visualstudio.com; over ssh `v3/ORG/PROJECT/REPOSITORY`. The
/// project is left out where it is named like the repository.
struct AzurePath {
    /// Before the project: `ORG`, `tfs/COLLECTION`.
    let collection: [String]
    let project: String
    let repository: String
    /// Whether the URL has the shape of such a repository's.
    let isWhole: Bool

    init(_ url: GitURL) {
        var segments = url.segments
        let isCloud = WellKnownHosts.isAzure(url.host)
        if isCloud, url.transport == .ssh, segments.first?.lowercased() == "v3" { segments.removeFirst() }
        if isCloud, url.transport != .ssh, url.host.hasSuffix(".visualstudio.com") {
            if segments.first?.lowercased() == "defaultcollection" { segments.removeFirst() }
            segments.insert(String(url.host.prefix { $0 != "." }), at: 0)
        }
        let mark = segments.lastIndex { $0.lowercased() == "_git" }
        let repository = mark.map { segments[segments.index(after: $0)...].first } ?? segments.last
        var before = Array(mark.map { segments[..<$0] } ?? segments.dropLast())
        self.repository = repository ?? ""
        // A collection is never missing: a single name, or one below `tfs`, is that.
        let isProjectLeftOut = before.count < 2 || (before.count == 2 && before[0].lowercased() == "tfs" && !isCloud)
        project = isProjectLeftOut ? self.repository : before.removeLast()
        collection = before
        isWhole = repository != nil && (mark != nil || (isCloud && url.transport == .ssh)) && !before.isEmpty
    }

    var path: [String] { collection + [project, repository] }
}
