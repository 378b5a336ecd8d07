import AgentProtocol
import DockerEngine
import TaskModel

/// One of the builds that a run's image is made of: one for each platform.
struct BuildLane: Sendable {
    /// Of its step: `build`, or `build-linux-arm64` where there are several.
    let id: String
    /// For its platform alone.
    let request: BuildRequest
    /// What the image is called on the daemon.
    let names: [String]
    /// Under which names it is pushed: those that were asked for, or helpers that an index takes the place of.
    let images: [ImageReference]

    /// - Parameter images: the names that were asked for.
    static func all(of request: BuildRequest, images: [ImageReference], run: RunID) -> [BuildLane] {
        guard !request.platforms.isEmpty else {
            // A build without a name gets one for as long as the run lasts: what is taken off at its end is then surely
            // its own.
            let names = images.isEmpty ? ["slipway-run:\(run)"] : images.map(\.description)
            return [BuildLane(id: "build", request: request, names: names, images: images)]
        }
        return request.platforms.map { platform in
            let words = platform.description.replacing("/", with: "-")
            let helpers = images.repositories.map {
                ImageReference(registry: $0.registry, repository: $0.repository, tag: "slipway-\(run)-\(words)")
            }
            var own = request
            own.platform = platform
            return BuildLane(
                id: "build-\(words)", request: own,
                names: helpers.isEmpty ? ["slipway-run:\(run)-\(words)"] : helpers.map(\.description), images: helpers)
        }
    }
}

extension BuildRequest {
    /// Nil for the daemon's own: `linux/amd64` alone is what clients send when nobody asked for a platform.
    var chosenPlatform: Platform? {
        platform == .linuxAMD64 && platforms.isEmpty ? nil : platform
    }
}

extension [ImageReference] {
    /// Each repository once, by its first image.
    var repositories: [ImageReference] {
        var seen: Set<[String]> = []
        return filter { seen.insert([$0.registry, $0.repository]).inserted }
    }
}

/// Whether a daemon can carry out the programs of a platform, and may.
struct EmulationCheck {
    let session: RunSession
    /// Nil for the daemon's own.
    let platform: Platform?

    /// What the kernel says of a program for a processor that is neither the host's own nor emulated.
    static let symptom = "exec format error"

    /// - Returns: whether the host emulates the platform, if it can do that.
    /// - Throws: ``RunFailure`` if the pool forbids it.
    func isEmulated() async throws -> Bool {
        guard let platform else { return false }
        let architecture = try await session.daemon.client.version().architecture
        guard !platform.isNative(to: architecture) else { return false }
        guard session.assignment.policy.allowsEmulation else {
            throw RunFailure.failed(
                "the docker daemon of pool \(session.assignment.pool) builds for \(architecture), and the pool's policy "
                    + "allows no emulation of \(platform) (pools[].policy.emulation). Use a pool whose host has that "
                    + "processor")
        }
        return true
    }

    /// What to do about ``symptom``.
    var advice: String {
        "the host of the docker daemon can't carry out programs for \(platform.map(\.description) ?? "it"): install qemu-user-static there "
            + "(with binfmt_misc), or use a pool whose host has that processor"
    }
}
