import TaskModel

/// What the APIs of GitHub and of Gitea, which was made after it, have in common.
protocol HubDialect: ForgeDialect {
    /// Where the repository is: `/repos/OWNER/NAME`.
    var repository: String { get }

    /// What hooks of ours are, as far as only a new one says it.
    var kind: [String: JSON] { get }

    /// What a hook of ours is to be.
    func settings(of hook: WantedHook) -> [String: JSON]

    /// Characters that a status may say of itself.
    var longestDescription: Int { get }
}

extension HubDialect {
    static func repository(of location: ForgeLocation) -> String {
        "/repos/" + location.path.map(\.asPathSegment).joined(separator: "/")
    }

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "\(repository)/hooks", .object(settings(of: hook).merging(kind) { $1 }))
    }

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("PATCH", "\(repository)/hooks/\(id.asPathSegment)", .object(settings(of: hook)))
    }

    func remove(_ id: String) -> ForgeRequest { ForgeRequest("DELETE", "\(repository)/hooks/\(id.asPathSegment)") }

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest {
        ForgeRequest(
            "POST", "\(repository)/statuses/\(commit)",
            .object(
                [
                    "state": .text(status.state.rawValue), "description": status.description(upTo: longestDescription),
                    "context": .text(status.context),
                ].merging(status.page(as: "target_url")) { $1 }))
    }
}
