import Foundation
import GRDB
import Storage
import TaskModel
import Testing

struct RunStoreTests {
    @Test func `D1 an accepted run is there after the file is opened again`() async throws {
        try await withStore { store, _, folder in
            let accepted = try await store.enqueueTest()

            let again = SQLiteRunStore(
                database: try Storage.Database(path: folder + "/slipway.sqlite"), box: SecretBox(key: TestData.key))
            let found = try await again.find(accepted.id)

            #expect(found == accepted)
        }
    }

    @Test func `ids count up and look like ACR's`() async throws {
        try await withStore { store, _, _ in
            var ids: [String] = []
            for _ in 0..<40 { ids.append(try await store.enqueueTest().id.text) }

            #expect(ids.first == "ca1")
            #expect(ids[35] == "ca10")
            #expect(Set(ids).count == 40)
        }
    }

    @Test func `S20 secrets of a request are not in the file in the clear`() async throws {
        try await withStore { store, _, folder in
            let run = try await store.enqueueTest()
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            let bytes = try files.map { try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)) }.reduce(
                Data(), +)

            #expect(bytes.range(of: Data(TestData.secret.utf8)) == nil)
            #expect(bytes.range(of: Data("PLAIN".utf8)) != nil)
            #expect(run.request == TestData.newRun().request)
        }
    }

    @Test func `S20 secrets and keys of a build go when its run has ended`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest()
            guard case .build(let asked) = run.request else { throw StorageError.invalidName("no build") }
            let claimed = try #require(try await store.claimTest(lease: "lease"))
            #expect(claimed.request == run.request)

            _ = try await store.finish(lease: "lease", with: RunOutcome(status: .failed), at: TestData.now)

            guard case .build(let left)? = try await store.find(run.id)?.request else {
                throw StorageError.invalidName("no build")
            }
            #expect(!asked.buildSecrets.isEmpty && !asked.sshKeys.isEmpty)
            #expect(left.buildSecrets.isEmpty && left.sshKeys.isEmpty)
            var rest = asked
            (rest.buildSecrets, rest.sshKeys) = ([], [])
            #expect(left == rest)
        }
    }

    @Test(arguments: ["Succeeded", "Failed", "Canceled", "Error", "Timeout"])
    func `D2 no statement moves a run out of a terminal status`(terminal: String) async throws {
        try await withStore { store, _, folder in
            let run = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "lease")
            let status = try #require(RunStatus(rawValue: terminal))
            _ = try await store.finish(lease: "lease", with: RunOutcome(status: status), at: TestData.now)

            let raw = try DatabaseQueue(path: folder + "/slipway.sqlite")
            for other in RunStatus.allCases where other != status {
                await #expect(throws: DatabaseError.self) {
                    try await raw.write {
                        try $0.execute(sql: "UPDATE run SET status = ?", arguments: [other.rawValue])
                    }
                }
            }

            #expect(try await store.find(run.id)?.status == status)
        }
    }

    @Test func `the store's rule for moves is the model's`() async throws {
        try await withStore { store, _, folder in
            let raw = try DatabaseQueue(path: folder + "/slipway.sqlite")
            for from in RunStatus.allCases {
                for to in RunStatus.allCases where to != from {
                    let run = try await store.enqueueTest()
                    let path: [RunStatus] =
                        switch from {
                        case .queued: []
                        case .started: [.started]
                        case .running: [.started, .running]
                        default: [.started, from]
                        }
                    for step in path { try await raw.write { try move(run.id, to: step, $0) } }
                    let isAllowed = (try? await raw.write { try move(run.id, to: to, $0) }) != nil

                    #expect(isAllowed == from.successors.contains(to), "\(from) to \(to)")
                }
            }
        }
    }

    private func move(_ id: RunID, to status: RunStatus, _ db: GRDB.Database) throws {
        try db.execute(sql: "UPDATE run SET status = ? WHERE id = ?", arguments: [status.rawValue, id.text])
    }

    @Test func `D7 runs of a pool are handed out in the order they came, each once`() async throws {
        try await withStore { store, _, _ in
            var accepted: [RunID] = []
            for _ in 0..<20 { accepted.append(try await store.enqueueTest().id) }
            _ = try await store.enqueueTest(pool: "other")

            var claimed: [RunID] = []
            while let run = try await store.claimTest(lease: UUID().uuidString) { claimed.append(run.id) }

            #expect(claimed == accepted)
        }
    }

    @Test func `agents that claim at the same time never get the same run`() async throws {
        try await withStore { store, _, _ in
            for _ in 0..<50 { _ = try await store.enqueueTest() }

            let claimed = try await withThrowingTaskGroup(of: [RunID].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var mine: [RunID] = []
                        while let run = try await store.claimTest(lease: UUID().uuidString) { mine.append(run.id) }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }

            #expect(claimed.count == 50)
            #expect(Set(claimed).count == 50)
        }
    }

    @Test func `M5 a finish is accepted once, and the same again is answered with what is stored`() async throws {
        try await withStore { store, _, _ in
            _ = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "lease")
            let image = OutputImage(
                registry: "r.example.test", repository: "app", tag: "v1",
                digest: "sha256:" + String(repeating: "a", count: 64))
            let outcome = RunOutcome(status: .succeeded, outputImages: [image])

            let first = try await store.finish(lease: "lease", with: outcome, at: TestData.now)
            let again = try await store.finish(
                lease: "lease", with: RunOutcome(status: .failed, message: "late"), at: TestData.now)

            #expect(first == again)
            #expect(again.status == .succeeded)
            #expect(again.outputImages == [image])
            await #expect(throws: StorageError.leaseLost) { try await store.begin(lease: "lease", at: TestData.now) }
        }
    }

    @Test func `the queue has a limit`() async throws {
        try await withStore { store, _, _ in
            _ = try await store.enqueue(TestData.newRun(), maxQueued: 1, at: TestData.now)

            await #expect(throws: StorageError.queueFull(limit: 1)) {
                try await store.enqueue(TestData.newRun(), maxQueued: 1, at: TestData.now)
            }
        }
    }

    @Test func `D3 D4 a lost agent's runs wait again if they had not begun, and end if they had`() async throws {
        try await withStore { store, _, _ in
            let begun = try await store.enqueueTest()
            let notBegun = try await store.enqueueTest()
            let canceled = try await store.enqueueTest()
            for lease in ["1", "2", "3"] { _ = try await store.claimTest(lease: lease) }
            try await store.begin(lease: "1", at: TestData.now)
            _ = try await store.cancel(registry: "local01", .ids([canceled.id]), isDryRun: false, at: TestData.now)

            _ = try await store.loseRuns(of: "agent", at: TestData.now) { _, _ in LossRecord(message: "gone") }

            #expect(try await store.find(begun.id)?.status == .error)
            #expect(try await store.find(begun.id)?.errorMessage == "gone")
            #expect(try await store.find(notBegun.id)?.status == .queued)
            #expect(try await store.find(canceled.id)?.status == .canceled)
            await #expect(throws: StorageError.leaseLost) { try await store.begin(lease: "2", at: TestData.now) }
        }
    }

    @Test func `D4 a run is handed out three times at most`() async throws {
        try await withStore { store, _, _ in
            let run = try await store.enqueueTest()
            for attempt in 1...3 {
                #expect(try await store.claimTest(lease: "lease\(attempt)")?.epoch == attempt)
                _ = try await store.loseRuns(of: "agent", at: TestData.now) { _, _ in LossRecord(message: "gone") }
            }

            #expect(try await store.find(run.id)?.status == .error)
        }
    }
}
