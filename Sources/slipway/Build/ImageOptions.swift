import ArgumentParser
import Foundation
import ResourceAPI
import TaskModel

/// Options about the image to build, spelled as `az acr build` spells them.
struct ImageOptions: ParsableArguments {
    @Option(
        name: [.customShort("t"), .customLong("image")],
        help:
            "Name and tag of the image, without the registry; give it again for more. Templates such as {{.Run.ID}} are filled in."
    )
    var images: [String] = []

    @Option(
        name: [.short, .long],
        help: """
            The Dockerfile: for a folder or /dev/null relative to the current directory, '-' for standard input, or its \
            URL; for other contexts relative to the context. Default: Dockerfile.
            """,
        completion: .file())
    var file: String?

    @Option(
        name: .customLong("build-arg"),
        help: "A build argument NAME=VALUE; NAME alone takes the value from the environment.")
    var buildArguments: [String] = []

    @Option(
        name: .customLong("secret-build-arg"),
        help:
            "As --build-arg, masked in the log. Prefer NAME alone: other users of this machine can see the command line."
    )
    var secretBuildArguments: [String] = []

    @Option(help: "The stage of the Dockerfile to build.")
    var target: String?

    @Option(
        help: "os[/architecture[/variant]]; several, separated by commas, make one image for all. Default: linux/amd64."
    )
    var platform: String?

    @Flag(help: "Only build.")
    var noPush = false

    @Option(
        help: """
            Keep the image on the server for 'slipway runs download', as an OCI archive or as what 'docker load' reads. \
            Goes with --no-push.
            """, completion: .list(["oci", "docker"]))
    var keep: String?

    @Flag(help: "Build every step anew.")
    var noCache = false

    @Option(name: .customLong("label"), help: "A label NAME=VALUE for the image; give it again for more.")
    var labels: [String] = []

    @Option(
        help: "buildkit or classic. Default: buildkit, where the daemon has it.",
        completion: .list(["buildkit", "classic"]))
    var builder: String?

    @Option(help: "Log in to the registry (Default) or not (None).", completion: .list(["Default", "None"]))
    var authMode: String?

    func validate() throws {
        if let platform, Platform.list(platform) == nil {
            throw ValidationError(
                "'\(platform)' is no platform. Write it as linux/amd64 or linux/arm64/v8, several with commas between.")
        }
        if let builder, !["buildkit", "classic"].contains(builder.lowercased()) {
            throw ValidationError("'\(builder)' is no builder. Use buildkit or classic.")
        }
        if let keep, ImageArchive(rawValue: keep.lowercased()) == nil {
            throw ValidationError("'\(keep)' is no form of an image. Use oci or docker.")
        }
        if let authMode, !["default", "none"].contains(authMode.lowercased()) {
            throw ValidationError("'\(authMode)' is no --auth-mode. Use Default or None.")
        }
        for argument in buildArguments + secretBuildArguments where argument.isEmpty || argument.hasPrefix("=") {
            throw ValidationError("A build argument has no name. Write it as NAME=VALUE.")
        }
        for label in labels where label.isEmpty || label.hasPrefix("=") {
            throw ValidationError("A label has no name. Write it as NAME=VALUE.")
        }
    }

    /// The request without its context, checked as the server will check it.
    func request() throws -> DockerBuildRequest {
        var request = DockerBuildRequest()
        request.imageNames = images.isEmpty ? nil : images
        request.isPushEnabled = !noPush && !images.isEmpty
        request.target = target
        let platforms = (platform.flatMap(Platform.list) ?? [.linuxAMD64]).map { platform in
            PlatformProperties(
                os: platform.os, architecture: platform.architecture ?? Platform.linuxAMD64.architecture,
                variant: platform.variant)
        }
        request.platform = platforms.first
        if platforms.count > 1 { request.platforms = platforms }
        request.arguments =
            buildArguments.map { ArgumentProperties(.argument, typed: $0, isSecret: false) }
            + secretBuildArguments.map { ArgumentProperties(.argument, typed: $0, isSecret: true) }
        request.credentials = CredentialsProperties(
            sourceRegistry: authMode.map {
                CredentialsProperties.SourceRegistry(loginMode: $0.lowercased() == "none" ? "None" : "Default")
            })
        request.keptOutput = keep?.lowercased()
        if noCache { request.noCache = true }
        if !labels.isEmpty { request.labels = Dictionary(labels.map(Self.pair), uniquingKeysWith: { $1 }) }
        request.builder = builder?.lowercased()
        // Nothing is packed for a request that would be refused.
        var complete = request
        complete.sourceLocation = "context"
        _ = try BuildRequest(complete)
        return request
    }

    private static func pair(_ text: String) -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }
}
