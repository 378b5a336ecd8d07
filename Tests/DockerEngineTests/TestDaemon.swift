import Contexts
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import DockerEngine

/// The real daemon that the tests share: that of `DOCKER_HOST`, or the system's.
enum TestDaemon {
    static let endpoint = ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? "unix:///var/run/docker.sock"

    /// Whether it takes connections. Tests that need it are skipped otherwise.
    static let isRunning = UnreachableReason.whyNot(connectTo: String(endpoint.dropFirst("unix://".count))) == nil

    static func client() throws -> DockerClient { try DockerClient(endpoint: endpoint) }

    /// A name that no other test has.
    static func uniqueName() -> String { "slipway-test-" + UUID().uuidString.lowercased().prefix(13) }

    /// A shell and tools, so that steps can run in images made from nothing.
    static func busybox() throws -> InMemoryEntry {
        let path = EntryPath("busybox")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/bin/busybox")))
        return InMemoryEntry(
            ContextEntry(path: path, kind: .file(size: Int64(bytes.count)), mode: 0o755, modified: 1_700_000_000),
            bytes: bytes)
    }

    /// The first lines of a Dockerfile whose steps can run.
    static let shell = """
        FROM scratch
        COPY busybox /bin/busybox
        SHELL ["/bin/busybox", "sh", "-c"]

        """

    /// What to build: a Dockerfile and some files.
    static func input(_ dockerfile: String, _ entries: [InMemoryEntry] = [], isDockerfileIncluded: Bool = false)
        -> BuildInput
    {
        BuildInput(
            walk: InMemoryWalk(entries), dockerfile: Array(dockerfile.utf8), isDockerfileIncluded: isDockerfileIncluded)
    }

    /// The ids of processes in whose arguments `text` stands.
    static func processes(with text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).contains(text)
        }
    }
}

extension Trait where Self == ConditionTrait {
    static var needsDaemon: Self {
        .enabled(if: TestDaemon.isRunning, "no docker daemon answers at \(TestDaemon.endpoint)")
    }
    static var needsRegistry: Self { .enabled(if: TestRegistry.isInstalled, "docker-registry is not installed") }
}

/// Collects output, and lets a test wait until a text has come.
final class Transcript: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let arrived = Signal()

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    @Sendable func add(_ more: [UInt8]) async throws {
        bytes.withLock { $0 += more }
        arrived.raise()
    }

    /// Returns when `marker` has come, or when the task is canceled.
    func wait(for marker: String) async {
        while !text.contains(marker), !Task.isCancelled { await arrived.wait() }
    }
}
