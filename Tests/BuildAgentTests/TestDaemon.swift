import DockerEngine
import Foundation
import Glibc
import TestSupport
import Testing

/// A docker daemon of a test's own, which it may kill.
final class TestDaemon {
    /// One that outlasts the daemon, as containers may: a daemon's own ends with it.
    private static let containerd = ["/run/containerd/containerd.sock", "/var/run/docker/containerd/containerd.sock"]
        .first { FileManager.default.fileExists(atPath: $0) }

    static let isInstalled =
        getuid() == 0 && containerd != nil
        && ["/usr/sbin/dockerd", "/usr/bin/dockerd"].contains { FileManager.default.fileExists(atPath: $0) }

    let endpoint: String
    private let folder: String
    private let options: [String]
    private var process: ChildProcess?

    private init(in folder: String, keepsContainers: Bool) {
        self.folder = folder
        endpoint = "unix://\(folder)/docker.sock"
        let name = "test-" + folder.suffix(8).filter { $0.isLetter || $0.isNumber }.lowercased()
        options =
            [
                "--data-root", folder + "/data", "--exec-root", folder + "/exec", "--pidfile", folder + "/pid",
                "--host", endpoint, "--bridge", "none", "--iptables=false", "--ip6tables=false",
                "--storage-driver", "vfs", "--containerd", Self.containerd ?? "", "--containerd-namespace", name,
                "--containerd-plugins-namespace", "plugins-" + name,
            ] + (keepsContainers ? ["--live-restore"] : [])
    }

    /// - Parameter keepsContainers: whether they go on while it is restarted.
    static func with<Result>(keepsContainers: Bool, _ use: (TestDaemon) async throws -> Result) async throws -> Result {
        try await withTemporaryFolder { folder in
            let daemon = TestDaemon(in: folder, keepsContainers: keepsContainers)
            try await daemon.start()
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await use(daemon)) } catch { result = .failure(error) }
            await daemon.end(SIGTERM)
            // One that was killed, or that keeps containers, leaves its data mounted on itself.
            while umount2(folder + "/data", CInt(MNT_DETACH)) == 0 {}
            return try result.get()
        }
    }

    func start() async throws {
        let log = folder + "/log"
        // In a network namespace of its own: without a bridge it would take away that of the host's daemon.
        let process = try ChildProcess(
            ["unshare", "--net", "sh", "-c", "ip link set lo up; exec dockerd \"$@\"", "sh"] + options,
            errors: .file(log), limit: .seconds(600))
        self.process = process
        let client = try DockerClient(endpoint: endpoint)
        while !process.hasEnded, (try? await client.ping(timeout: .seconds(5))) == nil { await Task.yield() }
        try #require(
            !process.hasEnded, "dockerd did not start: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }

    /// - Parameter signal: SIGKILL ends it without a word; it can be started again.
    func end(_ signal: CInt) async {
        process?.send(signal)
        _ = try? await process?.ended()  // one that was too slow is gone as well
    }
}

extension Trait where Self == ConditionTrait {
    static var needsOwnDaemon: Self { .enabled(if: TestDaemon.isInstalled, "no dockerd can be started here") }
}
