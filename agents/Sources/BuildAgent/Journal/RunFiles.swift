import AgentProtocol
import Foundation
import Logging
import Synchronization
import TaskModel

/// The folder in which an agent keeps the logs and journals of runs until they have ended.
final class RunFiles: Sendable {
    /// Those of one run.
    struct Pair: Sendable {
        let journal: RunJournal
        let spool: FileSpool

        func remove() {
            // First: without it nobody looks for the log.
            journal.remove()
            spool.remove()
        }
    }

    private let directory: String
    private let spoolLimit: Int64
    private let areLeftTaken = Mutex(false)

    init(_ directory: String, spoolLimit: Int64 = FileSpool.standardLimit) {
        self.directory = directory
        self.spoolLimit = spoolLimit
    }

    /// - Throws: ``SpoolError``
    func make(for run: RunID, epoch: Int) throws -> Pair {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw SpoolError(path: directory, reason: "\(error.localizedDescription)")
        }
        let stem = "\(directory)/\(run)-\(epoch)"
        return Pair(
            journal: try RunJournal(stem + ".journal"), spool: try FileSpool(stem + ".log", limit: spoolLimit))
    }

    /// What an earlier process left here. Once in the life of a process, however many ask: later ones have runs of
    /// their own here.
    func takeLeft(logger: Logger) -> [LeftRun] {
        let isFirst = areLeftTaken.withLock { areTaken in
            defer { areTaken = true }
            return !areTaken
        }
        guard isFirst else { return [] }
        // Unreadable: there are none.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        var left: [LeftRun] = []
        for name in names.sorted() where name.hasSuffix(".journal") {
            let path = directory + "/" + name
            do {
                let data = try Data(contentsOf: URL(fileURLWithPath: path))
                guard let record = JournalRecord(data) else {
                    unlink(path)
                    continue
                }
                left.append(
                    LeftRun(record: record, files: try make(for: record.run, epoch: record.assignment.epoch)))
            } catch {
                logger.error("journal not read", metadata: ["file": "\(path)", "error": "\(error)"])
            }
        }
        let known = Set(left.map { "\($0.record.run)-\($0.record.assignment.epoch)" })
        for name in names where !known.contains(String(name.prefix { $0 != "." })) { unlink(directory + "/" + name) }
        return left
    }
}
