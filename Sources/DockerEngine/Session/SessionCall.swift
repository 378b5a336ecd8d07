import NIOCore
import NIOHPACK
import NIOHTTP2
import SwiftProtobuf

/// One gRPC call that the daemon makes on a session: an HTTP/2 stream with messages in both directions.
///
/// Framing: gRPC over HTTP/2, "Length-Prefixed-Message": a byte 0, four bytes of length, the message.
struct SessionCall {
    typealias Frames = NIOAsyncChannelInboundStream<HTTP2Frame.FramePayload>

    /// Messages over this size are refused; the daemon has the same limit.
    private static let maxMessage = 4 << 20

    /// `/package.Service/Method`.
    let path: String
    let metadata: HPACKHeaders
    let replies: SessionReplies
    private var frames: Frames.AsyncIterator
    private var received = ByteBuffer()
    private var isEnded: Bool

    /// Waits for the head of the call. Nil if the stream ended without one.
    init?(_ frames: Frames, _ outbound: NIOAsyncChannelOutboundWriter<HTTP2Frame.FramePayload>) async throws {
        var iterator = frames.makeAsyncIterator()
        guard let first = try await iterator.next(), case .headers(let head) = first else { return nil }
        path = head.headers.first(name: ":path") ?? ""
        metadata = head.headers
        isEnded = head.endStream
        self.frames = iterator
        replies = SessionReplies(outbound)
    }

    /// The next message of the daemon's, or nil when it sends no more.
    mutating func next<Request: Message>(_ type: Request.Type) async throws -> Request? {
        guard let message = try await nextMessage() else { return nil }
        do {
            return try Request(serializedBytes: Array(message.readableBytesView))
        } catch {
            throw CallStatus(.internal, "a message can't be read: \(error)")
        }
    }

    private mutating func nextMessage() async throws -> ByteBuffer? {
        while true {
            if let message = try takeMessage() { return message }
            guard !isEnded, let frame = try await frames.next() else { return nil }
            switch frame {
            case .data(let data):
                if case .byteBuffer(var bytes) = data.data {
                    received.discardReadBytes()
                    received.writeBuffer(&bytes)
                }
                isEnded = data.endStream
            case .headers(let trailers): isEnded = trailers.endStream
            case .rstStream: isEnded = true
            default: break
            }
        }
    }

    private mutating func takeMessage() throws -> ByteBuffer? {
        guard let compressed = received.getInteger(at: received.readerIndex, as: UInt8.self),
            let length = received.getInteger(at: received.readerIndex + 1, as: UInt32.self)
        else { return nil }
        guard compressed == 0 else { throw CallStatus(.unimplemented, "compressed messages are not understood") }
        guard length <= Self.maxMessage else { throw CallStatus(.internal, "a message of \(length) bytes is too long") }
        guard received.readableBytes >= 5 + Int(length) else { return nil }
        received.moveReaderIndex(forwardBy: 5)
        return received.readSlice(length: Int(length))
    }
}

/// The answering side of a call. Each message is written in one piece, so several tasks may write.
struct SessionReplies: Sendable {
    private let outbound: NIOAsyncChannelOutboundWriter<HTTP2Frame.FramePayload>

    init(_ outbound: NIOAsyncChannelOutboundWriter<HTTP2Frame.FramePayload>) {
        self.outbound = outbound
    }

    func begin() async throws {
        try await outbound.write(Self.head)
    }

    /// Sends one message; waits while the daemon is slow to take them.
    func send(_ message: some Message) async throws {
        try await outbound.write(Self.frame(message))
    }

    /// Sends several messages at once.
    func send(_ messages: [some Message]) async throws {
        try await outbound.write(contentsOf: try messages.map { try Self.frame($0) })
    }

    /// Sends bytes that are whole messages with their frames.
    func send(framed bytes: [UInt8]) async throws {
        try await outbound.write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)))))
    }

    /// Ends the call. After this nothing may be sent.
    func end(_ status: CallStatus, hasBegun: Bool) async throws {
        try await outbound.write(Self.trailers(status, hasBegun: hasBegun))
    }

    // MARK: Frames

    private static let headers: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]

    static let head = HTTP2Frame.FramePayload.headers(.init(headers: headers))

    static func trailers(_ status: CallStatus, hasBegun: Bool = true) -> HTTP2Frame.FramePayload {
        var trailers = hasBegun ? HPACKHeaders() : headers
        trailers.add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty {
            trailers.add(name: "grpc-message", value: status.message.percentEncoded(keeping: " /:'\"(),"))
        }
        return .headers(.init(headers: trailers, endStream: true))
    }

    /// Adds what stands before each message: not compressed, and its length.
    static func appendFrameHead(length: Int, to output: inout [UInt8]) {
        output.append(0)
        for shift in [24, 16, 8, 0] { output.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }

    static func frame(_ message: some Message) throws -> HTTP2Frame.FramePayload {
        let bytes: [UInt8] = try message.serializedBytes()
        var buffer = ByteBuffer()
        buffer.reserveCapacity(5 + bytes.count)
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(bytes.count))
        buffer.writeBytes(bytes)
        return .data(.init(data: .byteBuffer(buffer)))
    }
}

/// How a call ended (`grpc-status`, `grpc-message`).
struct CallStatus: Error, Equatable {
    enum Code: Int {
        case ok = 0
        case unknown = 2
        case notFound = 5
        case permissionDenied = 7
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }
}
