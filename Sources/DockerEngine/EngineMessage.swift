import CurlHTTP
import Foundation

/// One object of the stream with which the daemon answers builds, pushes and pulls. Which members are there depends on
/// the message.
struct EngineMessage: Decodable {
    struct ErrorDetail: Decodable {
        let message: String?
    }

    struct ProgressDetail: Decodable {
        let current: Int64?
        let total: Int64?
    }

    let id: String?
    let stream: String?
    let status: String?
    let progressDetail: ProgressDetail?
    let error: String?
    let errorDetail: ErrorDetail?
    let aux: Aux?

    /// The daemon's words when this message ends the stream as failed.
    var failure: String? { errorDetail?.message ?? error }
}

extension EngineMessage {
    /// What a message carries for programs.
    enum Aux: Decodable {
        /// A `moby.buildkit.v1.StatusResponse`.
        case trace([UInt8])
        case image(id: String)
        case pushed(tag: String, digest: String, size: Int64)
        case other

        private enum Keys: String, CodingKey {
            case id = "ID"
            case tag = "Tag"
            case digest = "Digest"
            case size = "Size"
        }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {  // otherwise it is an object
                self = Data(base64Encoded: text).map { .trace(Array($0)) } ?? .other
                return
            }
            guard let members = try? decoder.container(keyedBy: Keys.self) else {  // neither: nothing that is known
                self = .other
                return
            }
            if let id = try members.decodeIfPresent(String.self, forKey: .id) {
                self = .image(id: id)
            } else if let digest = try members.decodeIfPresent(String.self, forKey: .digest) {
                self = .pushed(
                    tag: try members.decodeIfPresent(String.self, forKey: .tag) ?? "", digest: digest,
                    size: try members.decodeIfPresent(Int64.self, forKey: .size) ?? 0)
            } else {
                self = .other
            }
        }
    }
}

/// Reads the messages of one answer. They end with a line end each, at which HTTP's chunks need not be cut.
struct EngineMessages {
    private let action: String
    private let body: BytePipe
    private var lines = LineSplitter(limit: 32 << 20)
    private var ready: ArraySlice<[UInt8]> = []

    init(_ body: BytePipe, action: String) {
        self.body = body
        self.action = action
    }

    /// The next message, or nil at the end.
    ///
    /// - Throws: ``DockerError/unexpected(action:reason:)``, and the error with which the connection broke.
    mutating func next() async throws -> EngineMessage? {
        while true {
            if let line = ready.popFirst() {
                guard line.contains(where: { $0 > 0x20 }) else { continue }
                return try decode(line)
            }
            guard let bytes = try await body.read() else {
                guard let last = lines.finish() else { return nil }
                ready = [last]
                continue
            }
            guard let found = lines.add(bytes) else {
                throw DockerError.unexpected(action: action, reason: "a message in it is longer than 32 MiB")
            }
            ready = found[...]
        }
    }

    private func decode(_ line: [UInt8]) throws -> EngineMessage {
        do {
            return try JSONDecoder().decode(EngineMessage.self, from: Data(line))
        } catch {
            throw DockerError.unexpected(action: action, reason: "a message in it is no JSON: \(error)")
        }
    }
}

/// Cuts a stream of bytes at its line feeds.
struct LineSplitter {
    private var rest: [UInt8] = []
    private let limit: Int

    /// - Parameter limit: the most bytes of one line.
    init(limit: Int) {
        self.limit = limit
    }

    /// The lines that `bytes` completes, without their line feeds; nil when one is over the limit.
    mutating func add(_ bytes: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            lines.append(rest + bytes[start..<end])
            rest = []
            start = end + 1
        }
        rest += bytes[start...]
        return rest.count > limit || lines.contains { $0.count > limit } ? nil : lines
    }

    /// What came after the last line feed; nil if nothing did.
    mutating func finish() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }
}
