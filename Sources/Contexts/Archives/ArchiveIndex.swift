/// What an archive holds, without the contents of its files, but for a few small ones that are asked for by name.
struct ArchiveIndex: Sendable {
    let names: ArchiveNames
    /// The bytes of files that were asked for, by the number of their entry.
    let captured: [Int: [UInt8]]
    /// What stands for the contents of files, by the number of their entry; nil if that was not asked for.
    let contentIDs: [ContentID?]?

    /// Reads the archive once.
    ///
    /// - Parameters:
    ///   - capturing: the names of files whose bytes are kept, up to `captureLimit` each.
    ///   - identifiesFiles: hashes all files as they pass.
    init(
        _ archive: ArchiveSource, limits: ContextLimits, capturing wanted: Set<[UInt8]>, captureLimit: Int,
        identifiesFiles: Bool = false
    ) throws {
        let reader = try ArchiveReader(archive, limits: limits)
        var names = ArchiveNames(limits: limits)
        var captured: [Int: [UInt8]] = [:]
        var latest: [[UInt8]: Int] = [:]
        var ids: [ContentID?] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
        defer { room.deallocate() }
        var number = 0
        while let item = try reader.next() {
            defer { number += 1 }
            try Task.checkCancellation()
            try names.add(item, number: number)
            if identifiesFiles { ids.append(nil) }
            guard case .file(let size) = item.kind else { continue }
            guard wanted.contains(item.path) else {
                if identifiesFiles { ids[number] = try ContentID(reading: reader, room: room) }
                continue
            }
            // What another entry of that name had is not needed, and there may be many.
            if let earlier = latest.updateValue(number, forKey: item.path) { captured[earlier] = nil }
            guard size <= captureLimit else {
                if identifiesFiles { ids[number] = try ContentID(reading: reader, room: room) }
                continue
            }
            let bytes = try readAll(reader, size: size, path: EntryPath(bytes: item.path))
            captured[number] = bytes
            if identifiesFiles { ids[number] = ContentID(of: bytes) }
        }
        contentIDs = identifiesFiles ? ids : nil
        names.sort()
        self.names = names
        self.captured = captured
    }
}

/// The index as a tree to walk.
struct ArchiveTree: EntryTree {
    let names: ArchiveNames

    func openRoot() -> Int { ArchiveNames.root }
    func items(in directory: Int, at path: [UInt8]) -> [Int] { names.children(of: directory) }
    func name(of item: Int) -> [UInt8] { names.nodes[item].name }

    func isDirectory(_ item: Int) -> Bool {
        if case .directory = names.nodes[item].kind { true } else { false }
    }

    func open(_ item: Int, in directory: Int, at path: [UInt8]) -> Int { item }
    func entry(of directory: Int, at path: [UInt8]) throws -> ContextEntry { try entry(directory, at: path) }

    func visit(
        _ item: Int, in directory: Int, at path: [UInt8], _ visit: (ContextEntry, any EntryContent) throws -> Void
    ) throws {
        try visit(entry(item, at: path), NoContent())
    }

    func entry(_ place: Int, at path: [UInt8]) throws -> ContextEntry {
        let node = names.nodes[place]
        let kind: ContextEntry.Kind
        switch node.kind {
        case .directory: kind = .directory
        case .symbolicLink(let target): kind = .symbolicLink(target: target)
        case .fifo: kind = .fifo
        case .file(_, let size): kind = .file(size: size)
        case .dangling(let target):
            throw ContextError.entryRefused(
                EntryPath(bytes: path).text,
                reason:
                    "it is a hard link to '\(EntryPath(bytes: target))', which is not in the archive. Copy the file in place of the link, "
                    + "or keep both names in the context")
        }
        return ContextEntry(
            path: EntryPath(bytes: path), kind: kind, mode: node.mode, modified: node.modified,
            capability: node.capability)
    }
}
