extension Duration {
    /// `5s`, `1m32s`, `2h0m3s`; nothing shorter than a second, and nothing below zero.
    public var brief: String {
        let total = max(0, components.seconds)
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        return hours > 0 ? "\(hours)h\(minutes)m\(rest)s" : minutes > 0 ? "\(minutes)m\(rest)s" : "\(rest)s"
    }
}
