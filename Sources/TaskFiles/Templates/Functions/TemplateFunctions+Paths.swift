/// Paths with slashes, as Go's package path has them.
extension TemplateFunctions {
    mutating func addPaths() {
        add("base", "osBase", takes: 1) { call in
            let path = try call.string(0)
            if path.isEmpty { return .string(".") }
            let trimmed = path.bytes.reversed().drop { $0 == slash }
            if trimmed.isEmpty { return .string("/") }
            return .string(ByteString(trimmed.prefix { $0 != slash }.reversed()))
        }
        add("dir", "osDir", takes: 1) { call in
            let path = try call.string(0)
            let end = path.bytes.lastIndex(of: slash).map { $0 + 1 } ?? 0
            return .string(ByteString(path.bytes[..<end]).cleanedPath)
        }
        add("clean", "osClean", takes: 1) { call in .string(try call.string(0).cleanedPath) }
        add("ext", "osExt", takes: 1) { call in
            let path = try call.string(0)
            let name = path.bytes[(path.bytes.lastIndex(of: slash).map { $0 + 1 } ?? 0)...]
            return .string(ByteString(name.lastIndex(of: UInt8(ascii: ".")).map { name[$0...] } ?? []))
        }
        add("isAbs", "osIsAbs", takes: 1) { call in .bool(try call.string(0).bytes.first == slash) }
    }
}

private let slash = UInt8(ascii: "/")

extension ByteString {
    /// Without `.`, `..` and doubled slashes where that is possible.
    fileprivate var cleanedPath: ByteString {
        let isAbsolute = bytes.first == slash
        var parts: [ByteString] = []
        for part in split("/") where !part.isEmpty && part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        let path = parts.joined(by: "/")
        return isAbsolute ? "/" + path : path.isEmpty ? "." : path
    }
}
