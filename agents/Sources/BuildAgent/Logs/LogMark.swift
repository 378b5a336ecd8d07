/// How much of what one container wrote the log has, in bytes as the container wrote them.
struct LogMark: Sendable, Hashable {
    /// Its id.
    let container: String
    var standard: Int64 = 0
    var error: Int64 = 0
}
