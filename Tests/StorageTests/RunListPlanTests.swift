import Foundation
import GRDB
import TaskModel
import Testing

@testable import Storage

/// How the database finds the runs of a list.
struct RunListPlanTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)
    private static let filters: [(String, RunFilter)] = [
        ("all", RunFilter()),
        ("a frequent status", RunFilter([.status([.succeeded])])),
        ("a rare status", RunFilter([.status([.running])])),
        ("several statuses", RunFilter([.status([.queued, .started, .running])])),
        ("a task", RunFilter([.task(.equal, "t1")])),
        ("a task and a status", RunFilter([.task(.equal, "t1"), .status([.running])])),
        ("an image by digest", RunFilter([.outputImage("app@\(digest)")])),
        ("an image by tag", RunFilter([.outputImage("r.example.test/app:v7")])),
        ("a repository", RunFilter([.outputImage("app")])),
        ("a pool", RunFilter([.agentPool(.equal, "default")])),
        ("old ones", RunFilter([.createTime(.less, Date(timeIntervalSince1970: 1))])),
        ("archived ones", RunFilter([.archived(true)])),
        ("none", RunFilter([.type(.equal, .quickRun), .status([.error, .timeout])])),
    ]

    /// Adds runs that have ended, copies of one that was accepted as all are; every seventh has pushed an image.
    private func fill(_ store: SQLiteRunStore, _ folder: String, count: Int) async throws {
        _ = try await store.enqueueTest(task: "t1")
        try await DatabaseQueue(path: folder + "/slipway.sqlite").write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < \(count))
                    INSERT INTO run (id, registry, status, type, task, agentPool, submittedBy, request, createTime, startTime,
                        finishTime, lastUpdatedTime)
                    SELECT 'x' || n, registry, iif(n % 10 = 0, 'Failed', 'Succeeded'), type, 't' || (n % 20), agentPool, submittedBy,
                        request, createTime + n, createTime + n, createTime + n, createTime + n
                    FROM run, number WHERE sequence = 1;
                    INSERT INTO outputImage (run, position, registry, repository, tag, digest)
                    SELECT sequence, 0, 'r.example.test', 'app', 'v' || sequence, iif(sequence = 70, '\(Self.digest)', 'sha256:' || sequence)
                    FROM run WHERE sequence % 7 = 0;
                    """)
        }
    }

    @Test func `L4 no filter has the database look at every row, or sort them`() async throws {
        try await withStore { store, _, folder in
            try await fill(store, folder, count: 100)
            let database = try DatabaseQueue(path: folder + "/slipway.sqlite")

            for (name, filter) in Self.filters {
                let (sql, arguments) = SQLiteRunStore.listQuery(
                    registry: "local01", filter, before: RunID(sequence: 90), limit: 100)
                let plan = try await database.read {
                    try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map {
                        $0["detail"] as String
                    }
                }

                #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(name): \(plan)")
            }
        }
    }
}
