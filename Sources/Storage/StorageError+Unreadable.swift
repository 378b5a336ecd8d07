extension Error {
    /// Whether what is stored can't be read, now or later: its key is lost, or a later version wrote it.
    public var isUnreadable: Bool { (self as? StorageError) == .secretUnreadable || self is DecodingError }
}
