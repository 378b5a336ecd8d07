import NIOCore
import NIOHPACK
import NIOHTTP2
import SwiftProtobuf

/// Looks at the head of a stream that the daemon opened: answers health checks at once, on the event loop, and hands all
/// other calls to tasks.
///
/// The daemon asks `grpc.health.v1.Health/Check` every second, and drops a session that does not answer in time. So the
/// answer waits for no task: tasks may be many, and busy.
final class SessionStreamSorter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    static let healthCheck = "/grpc.health.v1.Health/Check"

    private let streams: SessionStreams

    init(_ streams: SessionStreams) {
        self.streams = streams
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(let head) = unwrapInboundIn(data) else { return }
        if head.headers.first(name: ":path") == Self.healthCheck {
            // What else comes on this stream, the empty question, is not looked at.
            answerHealthCheck(context)
            return
        }
        do {
            try streams.accept(context.channel)
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func answerHealthCheck(_ context: ChannelHandlerContext) {
        do {
            let message = try SessionReplies.frame(WireHealthCheckResponse.with { $0.status = .serving })
            context.write(wrapOutboundOut(SessionReplies.head), promise: nil)
            context.write(wrapOutboundOut(message), promise: nil)
            context.writeAndFlush(wrapOutboundOut(SessionReplies.trailers(CallStatus(.ok))), promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }
}
