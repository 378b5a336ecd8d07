import GRDB

extension StorageError {
    /// What a failure of the database means for who asked; nil for one that trying again does not mend, and for other errors.
    public init?(ofDatabase error: any Error) {
        guard let error = error as? DatabaseError else { return nil }
        switch error.resultCode {
        case .SQLITE_FULL: self = .io(action: "write to the database", reason: "the server's disk is full")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .databaseUnavailable(reason: "others keep it busy")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM:
            self = .databaseUnavailable(reason: error.message ?? "\(error.resultCode)")
        default: return nil
        }
    }
}
