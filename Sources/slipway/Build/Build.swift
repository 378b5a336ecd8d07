import ArgumentParser
import Contexts
import ResourceAPI
import TaskModel

struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build an image from a folder, a git repository or an archive, and push it.",
        discussion: """
            The context is a folder, which is packed and uploaded; a git reference such as \
            https://host/team/app.git#branch:folder, or the URL of an archive or a Dockerfile, which the server fetches; \
            '-' for an archive or a Dockerfile on standard input; or /dev/null for a Dockerfile (-f) without a context. \
            No ignore file is applied to an archive. The log is followed until the run has ended; Ctrl-C asks \
            whether to cancel the run, and a second Ctrl-C leaves at once.

            Exit codes: \(ExitStatus.table)
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(
        help: "The context: a folder, a git reference URL[#REF[:FOLDER]], an archive's URL, '-' or /dev/null.",
        completion: .directory)
    var context: String

    @OptionGroup(title: "Image") var image: ImageOptions

    @OptionGroup(title: "Cache") var cache: CacheOptions

    @OptionGroup(title: "Secrets of the build") var mounts: MountOptions

    @Option(help: "The longest the run may take, in seconds. Default: the server's (3600).")
    var timeout: Int?

    @Option(help: "The agent pool to run on.")
    var agentPool: String?

    @Flag(
        help:
            "Put .git into the context of a folder or a git repository, as '!.git/**' at the end of the ignore file would."
    )
    var includeGit = false

    @Option(
        help: ArgumentHelp(
            "files: the builder gets only the files that it does not have yet, with times that follow from their "
                + "contents. tar: all, with their own times; equal contexts then make equal layers. Default: files, "
                + "or tar if files are clamped to SOURCE_DATE_EPOCH.",
            valueName: "files|tar"),
        completion: .list(["files", "tar"]))
    var contextTransfer: String?

    @OptionGroup var queue: QueueOptions

    @OptionGroup var times: TimeOptions

    @OptionGroup var following: FollowOptions

    func validate() throws {
        if let contextTransfer, !["files", "tar"].contains(contextTransfer.lowercased()) {
            throw ValidationError("'\(contextTransfer)' is no --context-transfer. Use files or tar.")
        }
        if image.builder?.lowercased() == "classic", !mounts.isEmpty {
            throw ValidationError("The classic builder has no --secret and no --ssh. Leave out --builder classic.")
        }
        if let timeout, !ResourceLimits.timeoutRange.contains(timeout) {
            throw ValidationError(
                "--timeout must be \(ResourceLimits.timeoutRange.lowerBound) to \(ResourceLimits.timeoutRange.upperBound) seconds."
            )
        }
    }

    func run() async throws {
        try await reporting {
            var request = try image.request()
            try mounts.add(to: &request)
            try cache.apply(to: &request)
            let latestTime = try times.latest()
            request.contextTransfer = contextTransfer?.lowercased()
            request.sourceDateEpoch = latestTime
            let context = try await BuildContext(
                context, dockerfile: DockerfileOption(image.file), includesGit: includeGit, latestTime: latestTime)
            request.timeout = timeout
            request.agentPoolName = agentPool
            request.queue = queue.properties

            let connection = try await connection.connect()
            let source = try await context.hand(to: connection)
            request.sourceLocation = source.location
            request.dockerFilePath = source.dockerfilePath
            request.appliesIgnoreFile = source.appliesIgnoreFile
            request.includeGit = source.includeGit
            try await following.follow(.dockerBuild(request), kind: "build", in: connection)
        }
    }
}
