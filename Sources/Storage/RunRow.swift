import Foundation
import GRDB
import TaskModel

/// Turns rows of `run` into ``Run``s.
struct RunRow {
    static let columns = """
        sequence, id, registry, status, type, task, agentPool, poolRegistry, submittedBy, request, createTime, startTime, finishTime, lastUpdatedTime,
        isCancelRequested, isTimeoutRequested, canceledBy, isArchiveEnabled, errorMessage, waitReason, sourceCommit, sourceBranch, epoch, agent,
        logStart, logLossBytes, logLossReason, trigger, isRestricted
        """

    let box: SecretBox

    func run(_ row: Row, in db: GRDB.Database) throws -> Run {
        let request = try JSONDecoder().decode(RequestDocument.self, from: Data((row["request"] as String).utf8))
        let pool: String = row["agentPool"]
        let poolRegistry: String = row["poolRegistry"]
        guard let id = RunID(row["id"] as String), let status = RunStatus(rawValue: row["status"]),
            let type = RunType(rawValue: row["type"])
        else {
            throw StorageError.io(action: "read run \(row["id"] as String)", reason: "its row holds unknown values")
        }
        return Run(
            id: id, registry: row["registry"], status: status, type: type,
            request: try request.request(agentPool: pool, box: box),
            submittedBy: row["submittedBy"], agentPool: pool,
            poolRegistry: poolRegistry.isEmpty ? nil : poolRegistry, task: row["task"],
            createTime: Date(storedMilliseconds: row["createTime"]),
            startTime: (row["startTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            finishTime: (row["finishTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            lastUpdatedTime: Date(storedMilliseconds: row["lastUpdatedTime"]),
            isCancelRequested: row["isCancelRequested"],
            isArchiveEnabled: row["isArchiveEnabled"], errorMessage: row["errorMessage"], waitReason: row["waitReason"],
            source: (row["sourceCommit"] as String?).map { SourceRevision(commit: $0, branch: row["sourceBranch"]) },
            outputImages: try outputImages(of: row["sequence"], status: status, in: db), epoch: row["epoch"],
            isTimeoutRequested: row["isTimeoutRequested"], canceledBy: row["canceledBy"], agent: row["agent"],
            logLoss: (row["logLossReason"] as String?).map { LogLoss(bytes: row["logLossBytes"], reason: $0) },
            trigger: try (row["trigger"] as String?).map {
                try JSONDecoder().decode(RunTrigger.self, from: Data($0.utf8))
            },
            isRestricted: row["isRestricted"])
    }

    private func outputImages(of sequence: Int64, status: RunStatus, in db: GRDB.Database) throws -> [OutputImage] {
        guard status.isTerminal else { return [] }
        return try Row.fetchAll(
            db, sql: "SELECT registry, repository, tag, digest FROM outputImage WHERE run = ? ORDER BY position",
            arguments: [sequence]
        ).map {
            OutputImage(registry: $0["registry"], repository: $0["repository"], tag: $0["tag"], digest: $0["digest"])
        }
    }
}

extension Date {
    init(storedMilliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(storedMilliseconds) / 1000)
    }

    /// Those that people write down with four digits: a time that an agent tells may be any.
    private static let storedYears = -62_135_596_800_000.0...253_402_300_799_999  // years 1 to 9999

    var storedMilliseconds: Int64 {
        let time = (timeIntervalSince1970 * 1000).rounded()
        return Int64(min(max(time, Self.storedYears.lowerBound), Self.storedYears.upperBound))
    }
}
