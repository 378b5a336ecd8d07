import Contexts

/// Reads single files of a context.
struct ContextFileReader: Sendable {
    let walk: any ContextWalk

    private static let maxLinks = 8

    private enum Found {
        case file([UInt8])
        case link([UInt8])
        case tooLarge(Int64)
    }

    /// - Parameters:
    ///   - path: relative to the root of the context; `./` and `/` in front are left out. Links are followed.
    ///   - limit: the most bytes.
    /// - Returns: nil if there is no such file.
    /// - Throws: ``ContextError``.
    func read(_ path: String, limit: Int) async throws -> [UInt8]? {
        var parts = Self.clean(path)
        for _ in 0...Self.maxLinks {
            guard let wanted = parts else { return nil }
            let name = EntryPath(wanted.joined(separator: "/"))
            let found = try await BlockingExecutor.shared.run { [walk] in try Self.find(name, in: walk, limit: limit) }
            switch found {
            case nil: return nil
            case .file(let bytes): return bytes
            case .tooLarge(let size):
                throw ContextError.tooLarge("\(size) bytes in \(name.text)", limit: "\(limit) bytes")
            case .link(let target):
                let text = String(decoding: target, as: UTF8.self)
                parts = Self.clean(
                    text.hasPrefix("/") ? text : (wanted.dropLast() + [text]).joined(separator: "/"))
            }
        }
        return nil
    }

    /// Nil if the path leads out.
    private static func clean(_ path: String) -> [String]? {
        var parts: [String] = []
        for part in path.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(String(part))
                continue
            }
            guard parts.popLast() != nil else { return nil }
        }
        return parts.isEmpty ? nil : parts
    }

    private static func find(_ path: EntryPath, in walk: any ContextWalk, limit: Int) throws -> Found? {
        struct Stop: Error {}
        var found: Found?
        do {
            try walk.forEachEntry { entry, content in
                guard entry.path == path else { return }
                switch entry.kind {
                case .file(let size) where size > limit: found = .tooLarge(size)
                case .file(let size): found = .file(try bytes(of: content, size: Int(size)))
                case .symbolicLink(let target): found = .link(target)
                case .hardLink(let target): found = .link(Array("/".utf8) + target.bytes)
                case .directory, .fifo, .device: break
                }
                throw Stop()
            }
        } catch is Stop {}
        return found
    }

    private static func bytes(of content: any EntryContent, size: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[count...])
                let read = try content.read(into: UnsafeMutableRawBufferPointer(rest))
                guard read > 0 else { break }
                count += read
            }
        }
    }
}
