import Foundation
import TestSupport
import Testing

@testable import Contexts

/// A member of `Tests/Hostile/archives.json`, and how its bytes are made.
struct HostileArchive: Decodable, Sendable, CustomTestStringConvertible {
    struct Entry: Decodable {
        let name: String?
        let name_hex: String?
        let type: String
        let target: String?
        let content: HostileBytes?
        let zeros: Int?
        /// An archive as the content.
        let entries: [Entry]?
        let records: [Record]?
        let `repeat`: Int?
        /// The raw type in place of that of ``type``.
        let flag: String?
        /// What the header says, in place of the truth.
        let size: String?
        let size_hex: String?
        let checksum: String?
    }

    /// A pax record.
    struct Record: Decodable {
        let key: String
        let value: HostileBytes

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            key = try list.decode(String.self)
            value = try list.decode(HostileBytes.self)
        }

        /// `LENGTH KEY=VALUE`, the length counting itself.
        var bytes: [UInt8] {
            let rest = Array(" \(key)=".utf8) + value.bytes + [0x0a]
            var length = rest.count
            while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
            return Array(String(length).utf8) + rest
        }
    }

    struct Edits: Decodable {
        /// How many bytes are left.
        let keep: Int?
        /// Where eight bytes are overwritten.
        let overwrite: Int?
        /// Where the archive is cut into two that are compressed on their own.
        let split: Int?
        let append: String?
    }

    struct Limits: Decodable {
        let entries: Int?
        let depth: Int?
        let allNameBytes: Int?
        let unpackedBytes: Int64?
        let packedBytes: Int64?

        var limits: ContextLimits {
            var limits = ContextLimits()
            if let entries { limits.entries = entries }
            if let depth { limits.depth = depth }
            if let allNameBytes { limits.allNameBytes = allNameBytes }
            if let unpackedBytes { limits.unpackedBytes = unpackedBytes }
            if let packedBytes { limits.packedBytes = packedBytes }
            return limits
        }
    }

    struct Accepted: Decodable {
        let path: String?
        let path_hex: String?
        let type: String?
        let content: String?
        let size: Int64?
        /// Of a link.
        let target: String?
        /// The name that it is another one of.
        let same: String?
    }

    let name: String
    let rule: String
    let dockerfile: String?
    let compression: String?
    let limits: Limits?
    let edits: Edits?
    let bytes: [HostileBytes]?
    let entries: [Entry]?
    let accepted: [Accepted]?
    let refused: [String]?

    var testDescription: String { "\(rule) \(name)" }

    static let all: [HostileArchive] = {
        struct File: Decodable { let members: [HostileArchive] }
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let data = try? Data(contentsOf: folder.appending(path: "Hostile/archives.json")) else { return [] }
        do {
            return try JSONDecoder().decode(File.self, from: data).members
        } catch {
            print("Tests/Hostile/archives.json: \(error)")
            return []
        }
    }()

    /// The archive as it would be uploaded.
    func make() async throws -> [UInt8] {
        var result = bytes?.flatMap(\.bytes) ?? Self.tar(entries ?? [])
        if let split = edits?.split {
            result = try await compressed(Array(result[..<split])) + compressed(Array(result[split...]))
        } else {
            result = try await compressed(result)
        }
        if let keep = edits?.keep { result = Array(result.prefix(keep)) }
        if let place = edits?.overwrite { for index in 0..<8 { result[place + index] = 0x55 } }
        return result + Array((edits?.append ?? "").utf8)
    }

    /// Through the programs in their order, each with its options.
    private func compressed(_ bytes: [UInt8]) async throws -> [UInt8] {
        guard let compression else { return bytes }
        let words = compression.split(separator: " ").map(String.init)
        let programs = words.indices.filter { !words[$0].hasPrefix("-") }
        return try await withTemporaryFolder { folder in
            var result = bytes
            for start in programs {
                let input = folder + "/input"
                try Data(result).write(to: URL(filePath: input))
                let options = words[(start + 1)...].prefix { $0.hasPrefix("-") }
                let ending = try await ChildProcess([words[start], "-c"] + options, input: .file(input)).ended()
                guard ending.code == 0 else { throw CocoaError(.executableLoad) }
                result = ending.printed.outputBytes
            }
            return result
        }
    }

    private static func tar(_ entries: [Entry]) -> [UInt8] {
        var result: [UInt8] = []
        var isEnded = false
        for entry in entries {
            switch entry.type {
            case "end": result += [UInt8](repeating: 0, count: 1024)
            case "cut": isEnded = true
            case "raw": result += entry.content?.bytes ?? []
            default: for _ in 0..<(entry.repeat ?? 1) { result += Self.bytes(of: entry) }
            }
        }
        return isEnded ? result : result + [UInt8](repeating: 0, count: 1024)
    }

    private static let flags: [String: Character] = [
        "file": "0", "hard link": "1", "link": "2", "character device": "3", "block device": "4", "directory": "5",
        "fifo": "6", "pax": "x", "global": "g", "long name": "L", "long link": "K",
    ]

    private static func bytes(of entry: Entry) -> [UInt8] {
        var content = entry.content?.bytes ?? entry.entries.map { tar($0) } ?? []
        content += [UInt8](repeating: 0, count: entry.zeros ?? 0)
        content += entry.records?.flatMap(\.bytes) ?? []
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at offset: Int) {
            header.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        func put(octal value: Int, _ width: Int, at offset: Int) {
            let digits = String(value, radix: 8)
            put(Array((String(repeating: "0", count: width - digits.count) + digits).utf8), at: offset)
        }
        put(entry.name_hex.map(HostileBytes.bytes(hex:)) ?? Array((entry.name ?? entry.type).utf8), at: 0)
        put(octal: entry.type == "directory" ? 0o755 : 0o644, 7, at: 100)
        put(octal: 1000, 7, at: 108)
        put(octal: 1000, 7, at: 116)
        put(octal: content.count, 11, at: 124)
        if let size = entry.size { put(Array(size.utf8), at: 124) }
        if let size = entry.size_hex { put(HostileBytes.bytes(hex: size), at: 124) }
        put(octal: 1_600_000_000, 11, at: 136)
        put(Array("        ".utf8), at: 148)
        put(Array(entry.flag ?? String(flags[entry.type] ?? "0")).flatMap { Array(String($0).utf8) }, at: 156)
        put(Array((entry.target ?? "").utf8), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal: header.reduce(0) { $0 + Int($1) }, 6, at: 148)
        put([0], at: 154)
        if let checksum = entry.checksum { put(Array(checksum.utf8), at: 148) }
        return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
}

/// Bytes as the files in `Tests/Hostile` write them: a text, `[text, times]` or `{"hex": …}`.
struct HostileBytes: Decodable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        struct Hexadecimal: Decodable { let hex: String }
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            bytes = Array(text.utf8)
        } else if var list = try? decoder.unkeyedContainer() {
            let part = Array(try list.decode(String.self).utf8)
            bytes = Array(repeatElement(part, count: try list.decode(Int.self)).joined())
        } else {
            bytes = Self.bytes(hex: try Hexadecimal(from: decoder).hex)
        }
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap(hexValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
