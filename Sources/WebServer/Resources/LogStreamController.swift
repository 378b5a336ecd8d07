import HTTPTypes
import Hummingbird
import NIOCore
import ResourceAPI
import Scheduling
import ServiceLifecycle
import TaskModel

/// The log of a run, for those who have a token and no link: `GET P/runs/{run}/log` is the text so far, and with `follow=1`
/// server-sent events to the end of the run.
///
/// An event `log` has as its data a JSON string, a part of the log, and as its id the byte offset behind that part: whoever
/// comes back with that as `Last-Event-ID`, or as `offset`, goes on there. Bytes that are no UTF-8 are shown as U+FFFD.
/// The last event, `end`, has `{"status":…}`.
struct LogStreamController {
    let runs: RunService
    /// The most bytes held for a reader, however slow it is.
    static let largestPart = 64 << 10
    /// A comment is sent this often while nothing happens, so that nobody between takes the connection for dead.
    static let longestSilence = Duration.seconds(15)

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("runs/:run/log", needing: .readResources, use: log)
    }

    private func log(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let query = request.uri.queryParameters
        let run = context.parameters.get("run") ?? ""
        let isFollowed = ["1", "true"].contains(query["follow"] ?? "")
        let offset = try Self.offset(
            (isFollowed ? HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] } : nil)
                ?? query["offset"].map(String.init))
        let log = try await runs.log(of: run, in: registry)
        return isFollowed ? followed(log, in: registry, from: offset) : text(of: log, from: offset)
    }

    private func text(of log: RunLog, from offset: Int64) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: log.body(from: offset, largestPart: Self.largestPart))
    }

    private func followed(_ log: RunLog, in registry: Registry, from offset: Int64) -> Response {
        let events = LogEvents(log: log, offset: offset) { [runs] log in
            try await runs.log(of: log.run.id.text, in: registry, beyond: log.length, waiting: Self.longestSilence)
        }
        // A server that stops ends the stream; the reader comes back with the last id.
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: ResponseBody(asyncSequence: events.cancelOnGracefulShutdown()))
    }

    private static func offset(_ text: String?) throws -> Int64 {
        guard let text, !text.isEmpty else { return 0 }
        guard let offset = Int64(text), offset >= 0 else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "The offset in a log is a number of bytes, 0 or more.",
                target: "offset")
        }
        return offset
    }
}

/// The log of a run as server-sent events, from an offset to its end. Each is made when it is asked for.
struct LogEvents: AsyncSequence, Sendable {
    let log: RunLog
    let offset: Int64
    /// The log once it has grown or ended, or as it is after a while.
    let next: @Sendable (RunLog) async throws -> RunLog

    func makeAsyncIterator() -> Iterator {
        Iterator(log: log, offset: offset, next: next)
    }

    struct Iterator: AsyncIteratorProtocol {
        var log: RunLog
        var offset: Int64
        let next: @Sendable (RunLog) async throws -> RunLog
        private var isOver = false

        init(log: RunLog, offset: Int64, next: @escaping @Sendable (RunLog) async throws -> RunLog) {
            self.log = log
            self.offset = offset
            self.next = next
        }

        mutating func next() async throws -> ByteBuffer? {
            while !isOver, !Task.isCancelled {
                if offset < log.length {
                    let bytes = try log.read(from: offset, count: LogStreamController.largestPart)
                    let isLast = log.ending != nil && offset + Int64(bytes.count) >= log.length
                    let part = LogEvents.wholeCharacters(of: bytes, isLast: isLast)
                    offset += Int64(part.count)
                    if !part.isEmpty {
                        return try LogEvents.event("log", id: offset, String(decoding: part, as: UTF8.self))
                    }
                } else if log.ending != nil {
                    isOver = true
                    return try LogEvents.event("end", id: offset, ["status": log.run.status.rawValue])
                }
                let known = log.length
                log = try await next(log)
                if log.length == known, log.ending == nil { return ByteBuffer(string: ": the run goes on\n\n") }
            }
            return nil
        }
    }

    /// The bytes without a character at their end that is not whole.
    static func wholeCharacters(of bytes: [UInt8], isLast: Bool) -> ArraySlice<UInt8> {
        guard !isLast else { return bytes[...] }
        // A character of UTF-8 has at most four bytes, and its first tells how many.
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            guard byte & 0xc0 != 0x80 else { continue }
            let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return length > back ? bytes.dropLast(back) : bytes[...]
        }
        return bytes[...]
    }

    fileprivate static func event(_ name: String, id: Int64, _ data: some Encodable) throws -> ByteBuffer {
        ByteBuffer(
            string: "event: \(name)\nid: \(id)\ndata: \(String(decoding: try WireJSON.encode(data), as: UTF8.self))\n\n"
        )
    }
}
