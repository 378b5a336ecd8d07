import CGit2
import CurlHTTP
import Foundation
import TaskModel

/// git's smart protocol over HTTP, versions 2 and 0 (gitprotocol-http, gitprotocol-v2, gitprotocol-pack), carried by
/// our own client.
///
/// `GET …/info/refs?service=git-upload-pack`, then `POST …/git-upload-pack` for each command. Commits are fetched with
/// their files and without those before them (`deepen 1`) where the server can, and as changes to what is there already.
final class GitHTTPConnection: GitConnection {
    private enum Version {
        /// With all refs, as they were advertised.
        case zero([GitHead])
        case two
    }

    /// The deepest there is: git's own number for "all of it".
    private static let wholeDepth = 2_147_483_647
    /// What a server says instead of giving something is cut here, in characters.
    private static let maxReasonLength = 500
    /// Commits that are named to the server as being here already.
    private static let maxHaves = 256

    private let session: GitSession
    private let repository: GitRepository
    private let endpoint: GitHTTPEndpoint
    private let version: Version
    private let capabilities: GitCapabilities

    /// Connects.
    ///
    /// - Throws: ``ContextError``.
    init(_ session: GitSession, repository: GitRepository) throws {
        self.session = session
        self.repository = repository
        endpoint = try GitHTTPEndpoint(session)
        (version, capabilities) = try session.translating { [endpoint] in
            var reader = try endpoint.advertisement()
            var packet = try reader.next()
            if packet?.text?.hasPrefix("# service=") == true {
                while let next = packet, next != .flush { packet = try reader.next() }
                packet = try reader.next()
            }
            if packet?.text == "version 2" { return (.two, try GitCapabilities(version2: &reader)) }
            let (heads, capabilities) = try GitHead.read(first: packet, &reader)
            return (.zero(heads), capabilities)
        }
        if let format = capabilities["object-format"], format != "sha1" {
            throw ContextError.unexpectedAnswer(
                remote: session.remote, reason: "its objects are named by \(format.prefix(40)), not by SHA-1")
        }
    }

    func heads(for ref: String?) throws -> [GitHead] {
        // A short id may be what any of them leads to.
        try heads(prefixes: ref.map { GitChoice.isShortCommit($0) ? [] : GitChoice.names(for: $0) } ?? ["HEAD"])
    }

    func heads(prefixes: [String]) throws -> [GitHead] {
        if case .zero(let heads) = version { return heads }
        var request = command("ls-refs")
        request.line("peel")
        request.line("symrefs")
        for prefix in prefixes { request.line("ref-prefix " + prefix) }
        request.flush()
        return try session.translating {
            var reader = try endpoint.send(request.bytes)
            var heads: [GitHead] = []
            while let text = try reader.next()?.text {
                try Self.checkForError(text, session)
                if let head = GitHead(listed: text) { heads.append(head) }
            }
            return heads
        }
    }

    func fetch(_ head: GitHead) throws {
        try fetch([head], isWhole: false)
    }

    func fetch(commit id: GitObjectID) throws -> Bool {
        do {
            try fetch([GitHead(commit: id)], isWhole: false)
            return true
        } catch ContextError.connectionFailed {
            return false
        }
    }

    /// Fetches one commit without its files, where the server can leave them out.
    ///
    /// - Returns: false if it can't, or does not give that commit.
    func fetch(messageOf id: GitObjectID) throws -> Bool {
        guard case .two = version, features.contains("filter") else { return false }
        do {
            try fetch([GitHead(commit: id)], isWhole: false, filter: "tree:0")
            return true
        } catch ContextError.connectionFailed {
            return false
        }
    }

    func fetchAll() throws {
        // Any ref of a short commit id: all.
        let heads = try heads(for: "0000000").filter { $0.name.hasPrefix("refs/") && !$0.name.hasSuffix("^{}") }
        guard !heads.isEmpty else { return }
        try fetch(heads, isWhole: true)
    }

    // MARK: Fetching

    private func fetch(_ heads: [GitHead], isWhole: Bool, filter: String? = nil) throws {
        let request = fetchRequest(for: heads, isWhole: isWhole, filter: filter)
        let update = try session.translating { try receive(try endpoint.send(request.bytes)) }
        try repository.addShallowCommits(update.shallow, removing: update.unshallow)
        for head in heads { try repository.keep(head.id, as: Self.localName(of: head.name)) }
    }

    private func fetchRequest(for heads: [GitHead], isWhole: Bool, filter: String?) -> GitPacketWriter {
        let shallow = repository.shallowCommits()
        var request: GitPacketWriter
        var features = ["thin-pack", "ofs-delta", "no-progress"]
        switch version {
        case .two:
            request = command("fetch")
            for feature in features { request.line(feature) }
            for id in Set(heads.map(\.id)) { request.line("want \(id.text)") }
        case .zero:
            request = GitPacketWriter()
            features = (features + ["side-band-64k"]).filter { capabilities[$0] != nil }
            for (index, id) in Set(heads.map(\.id)).enumerated() {
                request.line("want \(id.text)" + (index == 0 ? " " + features.joined(separator: " ") : ""))
            }
        }
        if canBeShallow {
            for id in shallow { request.line("shallow \(id.text)") }
            if !isWhole {
                request.line("deepen 1")
            } else if !shallow.isEmpty {
                request.line("deepen \(Self.wholeDepth)")
            }
        }
        if let filter { request.line("filter " + filter) }
        if case .zero = version { request.flush() }
        for id in repository.keptObjects().prefix(Self.maxHaves) { request.line("have \(id.text)") }
        request.line("done")
        if case .two = version { request.flush() }
        return request
    }

    private var canBeShallow: Bool {
        switch version {
        case .zero: capabilities["shallow"] != nil
        case .two: features.contains("shallow")
        }
    }

    /// What a fetch of version 2 can be asked for.
    private var features: [Substring] { capabilities["fetch"]?.split(separator: " ") ?? [] }

    private struct ShallowUpdate {
        var shallow: [GitObjectID] = []
        var unshallow: [GitObjectID] = []
    }

    /// Takes an answer whose packets are lines first and then a pack on the first side band.
    private func receive(_ answer: GitPacketReader) throws -> ShallowUpdate {
        var reader = answer
        var update = ShallowUpdate()
        var pack: GitPackWriter?
        while let packet = try reader.next() {
            if packet == .flush, pack != nil { break }
            guard case .data(let bytes) = packet else { continue }
            switch bytes.first {
            case 1:
                guard bytes.count > 1 else { continue }  // keeps the connection alive while the server counts
                let writer = try pack ?? GitPackWriter(repository, session)
                pack = writer
                try writer.append(bytes.dropFirst())
            case 2: continue
            case 3: throw Self.refusal(String(decoding: bytes.dropFirst(), as: UTF8.self), session)
            default:
                let text = packet.text ?? ""
                try Self.checkForError(text, session)
                if let id = GitObjectID(String(text.dropFirst("shallow ".count))), text.hasPrefix("shallow ") {
                    update.shallow.append(id)
                } else if let id = GitObjectID(String(text.dropFirst("unshallow ".count))), text.hasPrefix("unshallow ")
                {
                    update.unshallow.append(id)
                }
            }
        }
        guard let pack else { throw GitPacketReader.Malformed(reason: "it sent no pack") }
        try pack.finish()
        return update
    }

    private func command(_ name: String) -> GitPacketWriter {
        var request = GitPacketWriter()
        request.line("command=" + name)
        if capabilities["agent"] != nil { request.line("agent=" + GitHTTPEndpoint.agent) }
        if capabilities["object-format"] != nil { request.line("object-format=sha1") }
        request.delimiter()
        return request
    }

    private static func checkForError(_ line: String, _ session: GitSession) throws {
        guard line.hasPrefix("ERR ") else { return }
        throw refusal(String(line.dropFirst(4)), session)
    }

    private static func refusal(_ text: String, _ session: GitSession) -> ContextError {
        .connectionFailed(remote: session.remote, reason: "the server says '\(text.prefix(maxReasonLength))'")
    }
}

/// What a server says it can do.
struct GitCapabilities {
    private var values: [String: String] = [:]

    /// Of `name` an empty text, of `name=value` the value; nil if it is not there.
    subscript(name: String) -> String? { values[name] }

    init(words: some Sequence<Substring>) {
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
    }

    /// Reads the lines after `version 2`.
    fileprivate init(version2 reader: inout GitPacketReader) throws {
        var lines: [Substring] = []
        while let text = try reader.next()?.text { lines.append(text[...]) }
        self.init(words: lines)
    }
}

extension GitHead {
    /// A line of `ls-refs`: `<id> <name>[ symref-target:<target>][ peeled:<id>]`. Nil for what has no commit yet.
    fileprivate init?(listed line: String) {
        let parts = line.split(separator: " ")
        guard parts.count >= 2, let id = GitObjectID(String(parts[0])) else { return nil }
        func attribute(_ name: String) -> String? {
            parts.dropFirst(2).first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
        }
        self.init(
            name: String(parts[1]), id: id, target: attribute("symref-target:"),
            peeled: attribute("peeled:").flatMap { GitObjectID($0) })
    }

    /// Reads the refs as version 0 advertises them: a line each, with capabilities after the first name.
    fileprivate static func read(first: GitPacketReader.Packet?, _ reader: inout GitPacketReader) throws -> (
        [GitHead], GitCapabilities
    ) {
        let prefix = "symref=HEAD:"
        var packet = first
        var words: [Substring] = []
        var heads: [GitHead] = []
        while let text = packet?.text {
            let parts = text.split(separator: "\0", maxSplits: 1)
            if words.isEmpty, parts.count == 2 { words = parts[1].split(separator: " ") }
            let fields = (parts.first ?? "").split(separator: " ", maxSplits: 1).map(String.init)
            if fields.count == 2, let id = GitObjectID(fields[0]), fields[1] != "capabilities^{}" {
                let symref = fields[1] == "HEAD" ? words.first { $0.hasPrefix(prefix) } : nil
                let target = symref.map { String($0.dropFirst(prefix.count)) }
                if let head = GitHead(name: fields[1], id: id, target: target) { heads.append(head) }
            }
            packet = try reader.next()
        }
        return (heads, GitCapabilities(words: words))
    }
}
