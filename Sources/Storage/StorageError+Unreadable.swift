extension Error {
    /// Whether what is stored can't be read, now or later: its key is lost, or a later version wrote it.
    public var isUnreadable: Bool { (self as? StorageError) == .secretUnreadable || self is DecodingError }
}

/// What `read` gives, or nil where that ``Swift/Error/isUnreadable``: it is to hold up nothing else.
public func ifReadable<Value>(_ read: () throws -> Value?) throws -> Value? {
    do { return try read() } catch  where error.isUnreadable { return nil }
}

/// The same of what is not at hand.
///
/// - Parameter tell: told why it can't be read.
public func ifReadable<Value>(
    orTell tell: (any Error) -> Void = { _ in }, _ read: () async throws -> Value?
) async throws -> Value? {
    do {
        return try await read()
    } catch  where error.isUnreadable {
        tell(error)
        return nil
    }
}
