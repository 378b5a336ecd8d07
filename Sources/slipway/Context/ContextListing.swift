import Contexts
import Foundation
import ResourceAPI
import TaskModel

/// What would travel as a context.
struct ContextListing {
    let dockerfilePath: String
    let ignoreFile: String?
    /// In the order of the archive.
    let entries: [ContextEntry]
    /// What travels and is not to be seen by `COPY . /`.
    let carried: Set<EntryPath>
    /// What the files hold, all together.
    let bytes: Int64

    /// Walks the context. Blocks.
    ///
    /// - Parameter tally: counts what travels.
    init(_ context: PreparedContext, tally: ContextTally = ContextTally()) throws {
        dockerfilePath = context.dockerfilePath
        ignoreFile = context.ignoreFile
        var entries: [ContextEntry] = []
        try TalliedWalk(context.upload, tally).forEachEntry { entry, _ in entries.append(entry) }
        self.entries = entries
        bytes = entries.reduce(0) { $0 + $1.contentBytes }
        guard !context.carried.isEmpty else {
            carried = []
            return
        }
        var carried = Set(entries.map(\.path))
        try context.included.forEachEntry { entry, _ in carried.remove(entry.path) }
        self.carried = carried
    }

    // MARK: For programs

    /// With the keys and the paths of the files that describe contexts for tests.
    var json: JSONDocument {
        let (hidden, seen) = (paths { carried.contains($0) }, paths { !carried.contains($0) })
        return .object([
            "dockerfile_path": .text(dockerfilePath), "ignore_file": ignoreFile.map { .text($0) } ?? .null,
            "included": .list(seen), "carried": .list(hidden), "entries": .list(entries.map(\.json)),
            "bytes": .integer(bytes),
        ])
    }

    private func paths(_ isWanted: (EntryPath) -> Bool) -> [JSONDocument] {
        entries.map(\.path).filter(isWanted).map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
            .map { JSONDocument(bytes: $0) }
    }

    // MARK: For people

    var table: String {
        let sizes = entries.map(\.sizeText)
        let width = sizes.reduce(4) { max($0, $1.count) }
        let rows = zip(entries, sizes).map { entry, size in
            let row = [entry.modeText, String(repeating: " ", count: width - size.count) + size, entry.nameText]
            return carried.isEmpty ? row : row + [carried.contains(entry.path) ? "carried" : ""]
        }
        let heading = String(repeating: " ", count: width - 4) + "SIZE"
        let columns = ["MODE", heading, "PATH"] + (carried.isEmpty ? [] : ["NOTE"])
        return TextTable(columns: columns, rows: rows).text() + "\n" + summary
    }

    private var summary: String {
        var lines = ["\(entries.count) \(entries.count == 1 ? "entry" : "entries"), \(ByteText(bytes).short)."]
        if !dockerfilePath.isEmpty { lines[0] += " Dockerfile: \(dockerfilePath.escapedForDisplay)." }
        lines[0] += ignoreFile.map { " Rules: \($0.escapedForDisplay)." } ?? " There is no ignore file."
        if !carried.isEmpty { lines.append("What is carried travels along, but COPY does not see it.") }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension ContextEntry {
    fileprivate var json: JSONDocument {
        var fields: [String: JSONDocument] = ["path": JSONDocument(bytes: path.bytes)]
        fields["mode"] = .text(octal)
        switch kind {
        case .file(let size):
            fields["type"] = .text("file")
            fields["size"] = .integer(size)
        case .directory: fields["type"] = .text("dir")
        case .symbolicLink(let target):
            fields["type"] = .text("symlink")
            fields["target"] = JSONDocument(bytes: target)
        case .hardLink(let target):
            fields["type"] = .text("hardlink")
            fields["target"] = JSONDocument(bytes: target.bytes)
        case .fifo: fields["type"] = .text("fifo")
        case .device(let isCharacter, let major, let minor):
            fields["type"] = .text(isCharacter ? "char" : "block")
            fields["dev"] = .list([.integer(Int64(major)), .integer(Int64(minor))])
        }
        return .object(fields)
    }

    private var octal: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// As `ls -l` writes it.
    fileprivate var modeText: String {
        let type =
            switch kind {
            case .file: "-"
            case .directory: "d"
            case .symbolicLink: "l"
            case .hardLink: "h"
            case .fifo: "p"
            case .device(let isCharacter, _, _): isCharacter ? "c" : "b"
            }
        var letters = Array("rwxrwxrwx")
        for bit in 0..<9 where mode & (0o400 >> UInt16(bit)) == 0 { letters[bit] = "-" }
        for (bit, place, letter) in [(UInt16(0o4000), 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")] where mode & bit != 0
        {
            letters[place] = Character(letters[place] == "-" ? letter.uppercased() : letter)
        }
        return type + String(letters)
    }

    fileprivate var sizeText: String {
        switch kind {
        case .file(let size): ByteText(size).short
        case .device(_, let major, let minor): "\(major), \(minor)"
        default: ""
        }
    }

    fileprivate var nameText: String {
        switch kind {
        case .directory: path.text + "/"
        case .symbolicLink(let target): path.text + " -> " + String(decoding: target, as: UTF8.self)
        case .hardLink(let target): path.text + " = " + target.text
        default: path.text
        }
    }
}

extension JSONDocument {
    /// A path or a link's text: `{"b64": …}` if it is no UTF-8.
    init(bytes: [UInt8]) {
        if let text = String(validating: bytes, as: UTF8.self) {
            self = .text(text)
        } else {
            self = .object(["b64": .text(Data(bytes).base64EncodedString())])
        }
    }
}
