public import TaskModel

/// Why something could not be stored or read.
public enum StorageError: Error, Equatable {
    case newerSchema(path: String)
    /// As many runs wait as may wait.
    case queueFull(limit: Int)
    /// What is to make a run has made this one, which was removed since.
    case runRemoved(RunID)
    /// What was told later has made this run.
    case overtaken(by: RunID)
    /// The lease is no longer the run's.
    case leaseLost
    /// Bytes before this offset are missing in the log.
    case logOffset(expected: Int64)
    case blobMissing(String)
    case blobTooLarge(limit: Int64)
    /// A name of a file of ours with characters it can't have.
    case invalidName(String)
    case secretUnreadable
    case diskFull(free: Int64, reserve: Int64)
    case io(action: String, reason: String)
    /// SQLite can't carry out a call now, and nothing was changed.
    case databaseUnavailable(reason: String)
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .newerSchema(let path):
            "The database \(path) was written by a later version of slipway-server. Start that version, or restore the copy made before it."
        case .queueFull(let limit):
            "\(limit) runs wait already, which is the limit. Try again when some have started, or cancel some."
        case .runRemoved(let run): "It had its run before: \(run), which was removed since."
        case .overtaken(let run): "What came later had its run before: \(run)."
        case .leaseLost: "The run was given to somebody else, or has ended."
        case .logOffset(let expected): "The log has \(expected) bytes so far."
        case .blobMissing(let name): "There is no upload '\(name)' (any more). Upload the context again."
        case .blobTooLarge(let limit):
            "The upload has more than \(limit) bytes, the limit. Leave out what the build doesn't need with .dockerignore."
        case .invalidName(let name): "'\(name)' is no name of an upload or a log."
        case .secretUnreadable:
            "A stored secret can't be decrypted: keys/secrets.key is not the key it was encrypted with. Restore that file."
        case .diskFull(let free, let reserve):
            "Nothing new is accepted: the server's disk has \(free >> 20) MiB left, and limits.diskReserveBytes keeps \(reserve >> 20) MiB. Free some space."
        case .io(let action, let reason): "Can't \(action): \(reason)."
        case .databaseUnavailable(let reason):
            "The server's database can't be used now: \(reason). Try again; if it stays so, look at the server's log and disk."
        }
    }
}
