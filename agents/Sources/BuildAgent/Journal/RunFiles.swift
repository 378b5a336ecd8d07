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
        let renewals: RenewalMark

        func remove() {
            // First: without it nobody looks for the log.
            journal.remove()
            spool.remove()
            renewals.remove()
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
            journal: try RunJournal(stem + ".journal"), spool: try FileSpool(stem + ".log", limit: spoolLimit),
            renewals: try RenewalMark(stem + ".renewed"))
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
        // An unreadable one may be read by a later process.
        var known: Set<Substring> = []
        for name in names.sorted() where name.hasSuffix(".journal") {
            let (path, stem) = (directory + "/" + name, name.prefix { $0 != "." })
            known.insert(stem)
            do {
                let data = try Data(contentsOf: URL(fileURLWithPath: path))
                guard let record = JournalRecord(data) else {
                    known.remove(stem)
                    continue
                }
                left.append(
                    LeftRun(record: record, files: try make(for: record.run, epoch: record.assignment.epoch)))
            } catch {
                logger.error("journal not read", metadata: ["file": "\(path)", "error": "\(error)"])
            }
        }
        for name in names where !known.contains(name.prefix { $0 != "." }) { unlink(directory + "/" + name) }
        return left
    }
}
