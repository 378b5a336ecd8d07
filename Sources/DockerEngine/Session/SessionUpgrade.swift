import NIOCore
import NIOHTTP2

/// Asks a daemon for a session (`POST /session`, RFC 9110 section 7.8) and turns the connection over to HTTP/2 when it
/// agrees.
///
/// The daemon's HTTP/2 preface follows its 101 without a pause, so the head is read to its last byte and not one
/// further.
final class SessionUpgrade: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let maxHead = 64 * 1024

    private let request: String
    private let promise: EventLoopPromise<SessionStreams>
    private var received = ByteBuffer()
    private var isUpgraded = false

    /// - Parameter promise: gets the streams that the daemon opens, or the reason why there are none.
    init(request: String, promise: EventLoopPromise<SessionStreams>) {
        self.request = request
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard !isUpgraded, let length = headLength else {
            if received.readableBytes > Self.maxHead { fail(context, .unexpected("its answer has no end")) }
            return
        }
        let head = String(buffer: received.readSlice(length: length) ?? ByteBuffer())
        let line = head.prefix { $0 != "\r\n" }
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            fail(context, .unexpected("its answer is no HTTP"))
            return
        }
        guard status == 101 else {
            fail(context, .refused(status: status, message: String(buffer: received)))
            return
        }
        upgrade(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(UpgradeError.unexpected("the connection ended before an answer"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    /// With the empty line that ends it; nil while that has not come.
    private var headLength: Int? {
        let bytes = received.readableBytesView
        guard let end = bytes.firstRange(of: [0x0d, 0x0a, 0x0d, 0x0a]) else { return nil }
        return end.upperBound - bytes.startIndex
    }

    private func upgrade(_ context: ChannelHandlerContext) {
        isUpgraded = true
        do {
            let pipeline = context.pipeline.syncOperations
            let streams = SessionStreams()
            let configuration = NIOHTTP2Handler.Configuration.session
            _ = try pipeline.configureHTTP2Pipeline(
                mode: .server, connectionConfiguration: configuration.connection,
                streamConfiguration: configuration.stream
            ) { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(SessionStreamSorter(streams))
                }
            }
            context.channel.closeFuture.whenComplete { _ in streams.close() }
            try pipeline.addHandler(ConnectionErrors())
            if received.readableBytes > 0 { context.fireChannelRead(NIOAny(received)) }
            context.fireChannelReadComplete()
            pipeline.removeHandler(context: context, promise: nil)
            promise.succeed(streams)
        } catch {
            promise.fail(error)
            context.close(promise: nil)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ error: UpgradeError) {
        isUpgraded = true
        promise.fail(error)
        context.close(promise: nil)
    }
}

/// Why a connection became no session.
enum UpgradeError: Error, Equatable {
    case refused(status: Int, message: String)
    case unexpected(String)
}

/// Closes the connection after an error of HTTP/2 that is not of one stream alone.
private final class ConnectionErrors: ChannelInboundHandler {
    typealias InboundIn = Any

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !(error is NIOHTTP2Errors.StreamError) else { return }
        context.close(promise: nil)
    }
}

extension NIOHTTP2Handler.Configuration {
    /// The reference client's settings. Limits against floods are out of place with one's own daemon: it measures the
    /// link with a PING for each round trip, and ends every call with RST_STREAM.
    fileprivate static var session: Self {
        var configuration = Self()
        configuration.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 250),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 1_048_896),
            HTTP2Setting(parameter: .initialWindowSize, value: 1_048_576),
        ]
        // Values of metadata may hold raw UTF-8.
        configuration.connection.headerBlockValidation = .disabled
        configuration.connection.maximumSequentialContinuationFrames = 128
        configuration.connection.maximumSequentialEmptyDataFrames = 1000
        configuration.connection.maximumConnectionGlitches = .max
        configuration.connection.targetWindowSize = 1_048_576
        configuration.connection.controlFrameRateLimit.maximumCount = .max
        configuration.stream.streamResetFrameRateLimit.maximumCount = .max
        configuration.stream.streamErrorRateLimit.maximumCount = .max
        configuration.stream.targetWindowSize = 1_048_576
        configuration.stream.outboundBufferSizeHighWatermark = 256 * 1024
        configuration.stream.outboundBufferSizeLowWatermark = 64 * 1024
        return configuration
    }
}
