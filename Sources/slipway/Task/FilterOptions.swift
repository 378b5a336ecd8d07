import ArgumentParser
import TaskModel

/// Options about which commits and pull requests start a task. `slipway task apply` knows more.
struct FilterOptions: ParsableArguments {
    @Option(
        name: .customLong("branch-filter"),
        help: """
            A pattern of branches, in place of the context's branch: * stands for anything but /, ** for anything, ! before it excludes. \
            Give it again for more; the last that fits counts. As in 'release/**'.
            """)
    var branches: [String] = []

    @Option(name: .customLong("tag-filter"), help: "A pattern of tags. Default: tags start nothing.")
    var tags: [String] = []

    @Option(
        name: .customLong("path-filter"), help: "A pattern of paths, one of which must have changed. Default: any.")
    var paths: [String] = []

    @Option(help: "Whether only changes inside the context's folder count: true or false.")
    var onlyContextFolder: Bool?

    @Option(
        help:
            "Pull requests of other repositories start nothing (none), or runs without secrets and pushes (restricted)."
    )
    var forks: ForkOption?

    /// Nil if nothing was said.
    var properties: SourceFilter? {
        let filter = SourceFilter(
            branches: branches.isEmpty ? nil : branches, tags: tags.isEmpty ? nil : tags,
            paths: paths.isEmpty ? nil : paths, onlyContextFolder: onlyContextFolder, forks: forks?.forks)
        return filter == SourceFilter() ? nil : filter
    }
}

/// ``SourceFilter/Forks`` as people type it.
enum ForkOption: String, ExpressibleByArgument, CaseIterable {
    case none
    case restricted

    var forks: SourceFilter.Forks {
        switch self {
        case .none: .none
        case .restricted: .restricted
        }
    }
}
