import NIOCore
import NIOHTTP2
import Synchronization

/// The HTTP/2 streams that the daemon opened and nobody has answered yet.
///
/// NIO ends the process if a stream's channel is dropped without having been carried out. So every stream that comes in is handed out by
/// ``next()``, also after ``close()``, and once closed no new ones come in.
final class SessionStreams: Sendable {
    typealias Stream = NIOAsyncChannel<HTTP2Frame.FramePayload, HTTP2Frame.FramePayload>

    private struct State {
        var streams: [Stream] = []
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    deinit {
        for stream in state.withLock({ $0.streams }) {
            Task { try? await stream.executeThenClose { _, _ in } }  // of a session that was never served
        }
    }

    /// Takes a stream in. Runs on its event loop.
    ///
    /// - Throws: ``ChannelError`` when the session is closed: the stream is refused then.
    func accept(_ channel: any Channel) throws {
        let waiting = try state.withLock { state in
            guard !state.isClosed else { throw ChannelError.ioOnClosedChannel }
            state.streams.append(try Stream(wrappingChannelSynchronously: channel))
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// The next stream, or nil when the session is closed and all were handed out.
    func next() async -> Stream? {
        while true {
            let (stream, isClosed) = state.withLock { state in
                (state.streams.isEmpty ? nil : state.streams.removeFirst(), state.isClosed)
            }
            if let stream { return stream }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard state.streams.isEmpty, !state.isClosed else { return true }
                    state.waiting = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        }
    }

    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
