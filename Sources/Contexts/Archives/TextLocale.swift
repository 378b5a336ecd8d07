import Glibc

/// A locale whose characters are UTF-8, set for one thread while libarchive converts names: the program's own is "C",
/// in which only ASCII has characters.
enum TextLocale {
    // Made once and never freed or changed.
    private nonisolated(unsafe) static let utf8: locale_t? = newlocale(Int32(1 << 0), "C.UTF-8", nil)

    static func withUTF8<Result>(_ work: () throws -> Result) rethrows -> Result {
        guard let utf8 else { return try work() }
        let previous = uselocale(utf8)
        defer { uselocale(previous) }
        return try work()
    }
}
