import Foundation
import GRDB
import TaskModel
import TestSupport
import Testing

@testable import Storage

struct MigrationTests {
    /// As the first version of the schema kept a build: its fields at the top.
    private static func oldRequest(_ box: SecretBox) throws -> String {
        let location = try box.seal("https://git.example.test/app.git", for: "run-request")
        let secret = try box.seal(TestData.secret, for: "run-request")
        return """
            {"sourceLocation": "\(location)", "imageNames": ["app:v1"], "isPushEnabled": true, "noCache": false,
             "arguments": [{"name": "S", "sealed": "\(secret)"}], "labels": [{"name": "a", "value": "b"}],
             "os": "linux", "architecture": "arm64", "builder": "classic", "timeoutSeconds": 60, "loginMode": "None"}
            """
    }

    @Test func `runs and principals of the first version are kept`() async throws {
        try await withTemporaryFolder { folder async throws in
            let box = SecretBox(key: TestData.key)
            let path = folder + "/slipway.sqlite"
            try await Self.makeFirstVersion(at: path, request: try Self.oldRequest(box))

            let database = try Storage.Database(path: path)
            let run = try await SQLiteRunStore(database: database, box: box).find(RunID(sequence: 1))
            let principal = try await PrincipalStore(database: database).find("p1")

            #expect(principal?.roles == [RoleAssignment(.admin)])
            guard case .build(let build)? = run?.request else {
                Issue.record("no build")
                return
            }
            #expect(build.sourceLocation == "https://git.example.test/app.git")
            #expect(build.arguments == [BuildArgument(name: "S", value: Secret(TestData.secret), isSecret: true)])
            #expect(build.platform == Platform(os: "linux", architecture: "arm64"))
            #expect(build.builder == .classic)
            #expect(build.timeout == .seconds(60))
            #expect(build.loginMode == .none)
            #expect(build.appliesIgnoreFile)
            #expect(!build.includeGit)
        }
    }

    private static func makeFirstVersion(at path: String, request: String) async throws {
        let queue = try DatabaseQueue(path: path)
        try Migrations.all.migrate(queue, upTo: "2-principals")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO run (id, registry, status, type, agentPool, submittedBy, request, createTime, lastUpdatedTime)
                    VALUES ('ca1', 'local01', 'Queued', 'QuickBuild', 'default', 'p1', ?, 0, 0)
                    """, arguments: [request])
            try db.execute(
                sql:
                    "INSERT INTO principal (id, displayName, secretHash, role, createTime) VALUES ('p1', 'p', '', 'Admin', 0)"
            )
        }
    }
}
