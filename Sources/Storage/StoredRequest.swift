import Foundation
import TaskModel

/// A run's request as it stands in the database: JSON, with what is secret encrypted.
struct StoredRequest: Codable {
    private static let purpose = "run-request"

    /// One of the two.
    var build: Build?
    var taskFile: TaskFile?

    init(_ request: RunRequest, box: SecretBox) throws {
        let seal = { (text: String) in try box.seal(text, for: Self.purpose) }
        switch request {
        case .build(let build): self.build = try Build(build, seal: seal)
        case .taskFile(let taskFile): self.taskFile = try TaskFile(taskFile, seal: seal)
        }
    }

    func request(agentPool: String, box: SecretBox) throws -> RunRequest {
        let open = { (text: String) in try box.open(text, for: Self.purpose) }
        if let build { return .build(try build.request(agentPool: agentPool, open: open)) }
        if let taskFile { return .taskFile(try taskFile.request(agentPool: agentPool, open: open)) }
        throw StorageError.io(action: "read a run's request", reason: "it is of an unknown kind")
    }
}
