import CurlHTTP

@testable import Contexts

/// Reads an archive to its end, twice, and packs what it holds.
///
/// With an odd first byte the checksums of all headers are put right, or hardly a change of a header would be read.
func archiveProblem(_ input: [UInt8]) -> String? {
    guard let mode = input.first else { return nil }
    var bytes = Array(input.dropFirst())
    if mode & 1 == 1 { repairChecksums(in: &bytes) }
    var limits = ContextLimits()
    limits.unpackedBytes = 16 << 20
    limits.ratioFreeBytes = 1 << 20
    limits.entries = 1000
    limits.allNameBytes = 1 << 20
    let source = archive(of: bytes, pieces: mode & 2 == 2 ? 7 : 4096)
    do {
        let choice: DockerfileChoice = mode & 4 == 4 ? .bytes([]) : .standard
        let context = try ArchiveContext.prepare(
            source, dockerfile: choice, appliesIgnoreFile: mode & 8 == 0, limits: limits)
        if let problem = try walkProblem(context.upload, limits) { return problem }
        let entries = try read(context.included)
        if let problem = try walkProblem(context.included, limits) { return problem }
        let again = try ArchiveContext.prepare(
            archive(of: try packed(context.included)), dockerfile: .bytes([]), appliesIgnoreFile: false)
        let reread = try read(again.included)
        // The packer may bring a small file forward.
        return entries.sorted(by: isBefore) == reread.sorted(by: isBefore) ? nil : "what was packed is read otherwise"
    } catch is ContextError {
        return nil
    } catch {
        return "an error of another kind: \(error)"
    }
}

private struct ReadEntry: Equatable {
    let entry: ContextEntry
    let bytes: [UInt8]
}

private func isBefore(_ one: ReadEntry, _ other: ReadEntry) -> Bool { one.entry.path < other.entry.path }

private func read(_ walk: any ContextWalk) throws -> [ReadEntry] {
    var result: [ReadEntry] = []
    try walk.forEachEntry { entry, content in
        guard case .file(let size) = entry.kind else {
            result.append(ReadEntry(entry: entry, bytes: []))
            return
        }
        result.append(ReadEntry(entry: entry, bytes: try readAll(content, size: size, path: entry.path)))
    }
    return result
}

/// What builders count on: whole names, parents first, none twice, no way through what is no folder, and no more bytes
/// than are allowed.
private func walkProblem(_ walk: any ContextWalk, _ limits: ContextLimits) throws -> String? {
    var kinds: [[UInt8]: ContextEntry.Kind] = [:]
    var problem: String?
    var bytes: Int64 = 0
    try walk.forEachEntry { entry, _ in
        let path = entry.path.bytes
        let segments = path.split(separator: .slash, omittingEmptySubsequences: false)
        if segments.contains(where: { $0.isEmpty || $0.elementsEqual([.dot]) || $0.elementsEqual([.dot, .dot]) }) {
            problem = "the name \(entry.path)"
        }
        if path.contains(0) || path.count > limits.nameBytes || segments.count > limits.depth {
            problem = "a name over the limits"
        }
        if parentPaths(of: path).contains(where: { kinds[$0] != .directory }) {
            problem = "\(entry.path) comes before its folder, or runs through what is none"
        }
        if kinds.updateValue(entry.kind, forKey: path) != nil { problem = "\(entry.path) twice" }
        if case .file(let size) = entry.kind { bytes += size }
        if case .hardLink(let target) = entry.kind {
            if case .file? = kinds[target.bytes] {} else { problem = "\(entry.path) is a hard link to no file" }
        }
        if case .device = entry.kind { problem = "\(entry.path) is a device" }
    }
    return bytes <= limits.unpackedBytes ? problem : "\(bytes) bytes"
}

private func packed(_ walk: any ContextWalk) throws -> [UInt8] {
    let pipe = BytePipe(capacity: 1 << 30)
    try ContextPacker.pack(walk, into: pipe)
    var bytes: [UInt8] = []
    while let chunk = try pipe.readBlocking() { bytes += chunk }
    return bytes
}

private func archive(of bytes: [UInt8], pieces: Int = 4096) -> ArchiveSource {
    ArchiveSource {
        let pipe = BytePipe(capacity: 1 << 30)
        var rest = bytes[...]
        while !rest.isEmpty {
            try pipe.writeBlocking(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        pipe.finish()
        return pipe
    }
}

/// Puts the checksum into each block that looks like a header.
func repairChecksums(in bytes: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count - 511, by: 512)
    where bytes[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
        let blank =
            bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
            - bytes[(start + 148)..<(start + 156)].reduce(0) { $0 + Int($1) } + 8 * 0x20
        let digits = Array(String(blank, radix: 8).utf8)
        let text = [UInt8](repeating: 0x30, count: 6 - min(6, digits.count)) + digits.suffix(6) + [0, 0x20]
        bytes.replaceSubrange((start + 148)..<(start + 156), with: text)
    }
}
