import Glibc
import Synchronization

/// An HTTP server for tests: one thread for each connection, and a closure that sees and sends every byte.
public final class LoopbackServer: Sendable {
    /// What to do with each request. It runs on the connection's thread and may block.
    public typealias Answer = @Sendable (LoopbackRequest, LoopbackConnection) throws -> Void

    public let port: UInt16
    private let listener: Int32
    private let answer: Answer
    private let seen = Mutex<[LoopbackRequest]>([])
    private let open = Mutex<Set<Int32>>([])
    private let accepted = Mutex(0)

    /// - Parameter unixSocket: the path of a socket to listen on; nil is a free port of 127.0.0.1.
    public init(unixSocket: String? = nil, _ answer: @escaping Answer) throws {
        let (listener, port) = try Self.listen(unixSocket)
        self.answer = answer
        self.listener = listener
        self.port = port
        startThread { [weak self] in
            defer { close(listener) }
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
                guard descriptor >= 0, let self else { return }
                self.serve(descriptor)
            }
        }
    }

    private static func listen(_ unixSocket: String?) throws -> (Int32, UInt16) {
        let listener = socket(
            unixSocket == nil ? AF_INET : AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try check(listener)
        var port: UInt16 = 0
        if let unixSocket {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: unixSocket.utf8.prefix($0.count - 1)) }
            try check(withPointer(to: &address) { bind(listener, $0, $1) })
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            try check(withPointer(to: &address) { bind(listener, $0, $1) })
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            try check(withPointer(to: &address) { pointer, _ in getsockname(listener, pointer, &length) })
            port = UInt16(bigEndian: address.sin_port)
        }
        try check(Glibc.listen(listener, 64))
        return (listener, port)
    }

    /// `http://127.0.0.1:PORT`
    public var url: String { "http://127.0.0.1:\(port)" }

    /// How often something connected, whether it said anything or not.
    public var connections: Int { accepted.withLock { $0 } }

    /// The requests so far, in the order in which they came.
    public var requests: [LoopbackRequest] { seen.withLock { $0 } }

    /// Runs `use` with a server that is gone afterwards.
    @discardableResult
    public static func with<Result>(
        unixSocket: String? = nil, _ answer: @escaping Answer, use: (LoopbackServer) async throws -> Result
    ) async throws -> Result {
        let server = try LoopbackServer(unixSocket: unixSocket, answer)
        defer { server.stop() }
        return try await use(server)
    }

    /// Closes the port and breaks every connection.
    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in open.withLock({ $0 }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private func serve(_ descriptor: Int32) {
        accepted.withLock { $0 += 1 }
        _ = open.withLock { $0.insert(descriptor) }
        startThread { [self] in
            let connection = LoopbackConnection(descriptor)
            while let request = try? connection.readHead() {
                seen.withLock { $0.append(request) }
                // A client that hangs up ends its connection, nothing else.
                guard (try? answer(request, connection)) != nil, !connection.isClosed else { break }
            }
            _ = open.withLock { $0.remove(descriptor) }
            close(descriptor)
        }
    }
}

/// The head of a request.
public struct LoopbackRequest: Sendable {
    public let method: String
    /// Path and query as they came.
    public let target: String
    public let headers: [(name: String, value: String)]

    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The first value of that name, in any case.
    public subscript(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

public struct LoopbackError: Error, CustomStringConvertible {
    public let description: String
}

private func check(_ result: Int32) throws {
    guard result >= 0 else { throw LoopbackError(description: String(cString: strerror(errno))) }
}

private func withPointer<Address, Result>(
    to address: inout Address, _ use: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { use($0, socklen_t(MemoryLayout<Address>.size)) }
    }
}

private func startThread(_ work: @escaping @Sendable () -> Void) {
    final class Box {
        let work: @Sendable () -> Void

        init(_ work: @escaping @Sendable () -> Void) {
            self.work = work
        }
    }
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work()
            return nil
        }, Unmanaged.passRetained(Box(work)).toOpaque())
    precondition(code == 0, "no thread for a test server")
    pthread_detach(thread)
}
