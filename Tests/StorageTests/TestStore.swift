import Crypto
import Foundation
import Storage
import TaskModel
import TestSupport

/// A store in a folder of its own, removed afterwards.
func withStore(_ body: (SQLiteRunStore, Database, String) async throws -> Void) async throws {
    try await withTemporaryFolder { folder async throws in
        let database = try Database(path: folder + "/slipway.sqlite")
        try await body(SQLiteRunStore(database: database, box: SecretBox(key: TestData.key)), database, folder)
    }
}

enum TestData {
    static let key = SymmetricKey(data: Data(repeating: 7, count: 32))
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    static let secret = "correct-horse-battery"

    static func newRun(pool: String = "default", registry: String = "local01", task: String? = nil) -> NewRun {
        NewRun(
            registry: registry, type: .quickBuild,
            request: .build(
                BuildRequest(
                    sourceLocation: "https://user:\(secret)@git.example.test/app.git#main",
                    appliesIgnoreFile: false, includeGit: true, imageNames: ["app:v1"], isPushEnabled: true,
                    arguments: [
                        BuildArgument(name: "PLAIN", value: Secret("shown"), isSecret: false),
                        BuildArgument(name: "TOKEN", value: Secret(secret), isSecret: true),
                    ], buildSecrets: [BuildSecret(id: "s", content: Secret(secret))],
                    sshKeys: [BuildSSHKey(id: "default", privateKey: Secret(secret))],
                    labels: [BuildLabel(name: "a", value: "b")], platform: .linuxAMD64,
                    platforms: [.linuxAMD64, Platform(os: "linux", architecture: "arm64")], cacheSources: ["app:v0"],
                    cacheTarget: .registry("app:cache", isComplete: true), transfer: .tar, sourceDateEpoch: 1,
                    keptOutput: .oci, timeout: .seconds(120),
                    agentPoolName: pool)),
            submittedBy: "tester", agentPool: pool, task: task)
    }
}

extension SQLiteRunStore {
    @discardableResult
    func cancel(registry: String, _ selection: CancelSelection, isDryRun: Bool, at now: Date) async throws
        -> [CancelAnswer]
    {
        try await cancel(CancelOrder(registry: registry, selection, by: "tester"), isDryRun: isDryRun, at: now).runs
    }

    func enqueueTest(pool: String = "default", task: String? = nil) async throws -> Run {
        try await enqueue(TestData.newRun(pool: pool, task: task), maxQueued: 100_000, at: TestData.now)
    }

    func claimTest(lease: String, pool: String = "default") async throws -> Run? {
        try await claim(pool: PoolID(name: pool), for: "agent", lease: lease, logLength: { _ in 0 }, at: TestData.now)
    }
}
