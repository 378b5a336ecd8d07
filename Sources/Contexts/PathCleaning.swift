/// Cleans a path lexically: `//` and `.` go, `x/..` goes, a trailing `/` goes; a rooted path can't climb, a relative
/// one keeps leading `..`. An empty result is `.`.
func cleanPath(_ path: some Collection<UInt8>) -> [UInt8] {
    let isRooted = path.first == .slash
    var parts: [ArraySlice<UInt8>] = []
    for part in Array(path).split(separator: .slash) {
        if part.elementsEqual([.dot]) { continue }
        guard part.elementsEqual([.dot, .dot]) else {
            parts.append(part)
            continue
        }
        if let last = parts.last, !last.elementsEqual([.dot, .dot]) {
            parts.removeLast()
        } else if !isRooted {
            parts.append(part)
        }
    }
    let joined = Array(parts.joined(separator: [.slash]))
    if isRooted { return [.slash] + joined }
    return joined.isEmpty ? [.dot] : joined
}

/// A path inside a root, from text that may begin with `/`: empty for the root itself, nil if it leads out.
func pathInside(_ text: some Collection<UInt8>) -> [UInt8]? {
    let cleaned = cleanPath(text.drop { $0 == .slash })
    if cleaned == [.dot] { return [] }
    if cleaned.starts(with: [.dot, .dot]), cleaned.count == 2 || cleaned[2] == .slash { return nil }
    return cleaned
}

/// `directory/name`, with an empty directory for the root.
func joinPath(_ directory: [UInt8], _ name: some Collection<UInt8>) -> [UInt8] {
    directory.isEmpty ? Array(name) : directory + [.slash] + name
}

/// The paths of the directories that hold `path`, the outermost first, without the root.
func parentPaths(of path: [UInt8]) -> [[UInt8]] {
    path.indices.filter { path[$0] == .slash }.map { Array(path[..<$0]) }
}

extension UInt8 {
    static let slash = UInt8(ascii: "/")
    static let dot = UInt8(ascii: ".")
    static let backslash = UInt8(ascii: "\\")
}
