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

    /// Where a link leads to; nil for what is no link.
    func linkTarget(_ name: String) async throws -> String? {
        let found = try await BlockingExecutor.shared.run { [walk] in
            try Self.find(EntryPath(name), in: walk, limit: 0)
        }
        guard case .link(let target) = found else { return nil }
        return String(decoding: target, as: UTF8.self)
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

    /// Of a path below a link to a folder the link is what is found, with the rest of the path behind its target.
    private static func find(_ path: EntryPath, in walk: any ContextWalk, limit: Int) throws -> Found? {
        struct Stop: Error {}
        var found: Found?
        do {
            try walk.forEachEntry { entry, content in
                if case .symbolicLink(let target) = entry.kind, path.bytes.starts(with: entry.path.bytes + [0x2f]) {
                    let parent = Array(entry.path.bytes.split(separator: 0x2f).dropLast().joined(separator: [0x2f]))
                    let start = target.first == 0x2f || parent.isEmpty ? target : parent + [0x2f] + target
                    found = .link([0x2f] + start + path.bytes.dropFirst(entry.path.bytes.count))
                    throw Stop()
                }
                guard entry.path == path else { return }
                switch entry.kind {
                case .file(let size) where size > limit: found = .tooLarge(size)
                case .file(let size): found = .file(try content.read(upTo: Int(size)))
                case .symbolicLink(let target): found = .link(target)
                case .hardLink(let target): found = .link(Array("/".utf8) + target.bytes)
                case .directory, .fifo, .device: break
                }
                throw Stop()
            }
        } catch is Stop {}
        return found
    }
}

extension EntryContent {
    /// Reads so many bytes from where it stands; fewer if it ends before.
    func read(upTo size: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[count...])
                let read = try read(into: UnsafeMutableRawBufferPointer(rest))
                guard read > 0 else { break }
                count += read
            }
        }
    }
}
