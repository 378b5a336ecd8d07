import Foundation
import Glibc
import Synchronization

/// A unix socket in front of the real daemon that does harm to build sessions.
final class DaemonProxy: Sendable {
    enum Harm: Sendable {
        /// Ends the connection of the session once so many bytes went to the daemon on it.
        case cut(after: Int)
        /// Passes nothing more on in that direction, and keeps the connection.
        case stall(after: Int)
    }

    /// `POLLRDHUP` of poll(2), which the C library shows only to those who ask for it.
    private static let peerClosed: Int16 = 0x2000

    let endpoint: String
    private let path: String
    private let daemon: String
    private let harm: Harm
    private let listener: Int32
    private let open = Mutex<Set<Int32>>([])

    /// Sessions that both ends have not closed yet. Other connections may be kept for later requests.
    var sessions: Int { open.withLock(\.count) }

    static func with<Result>(_ harm: Harm, _ use: (DaemonProxy) async throws -> Result) async throws -> Result {
        let proxy = try DaemonProxy(harm)
        Thread { proxy.serve() }.start()
        defer {
            shutdown(proxy.listener, Int32(SHUT_RDWR))  // ends accept()
            unlink(proxy.path)
        }
        return try await use(proxy)
    }

    private init(_ harm: Harm) throws {
        self.harm = harm
        daemon = String(TestDaemon.endpoint.dropFirst("unix://".count))
        path = FileManager.default.temporaryDirectory.path + "/proxy-\(UInt32.random(in: 0 ... .max)).sock"
        endpoint = "unix://" + path
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard Self.at(path, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw POSIXError(.EADDRINUSE)
        }
    }

    private static func at(_ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func serve() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard client >= 0 else { break }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard Self.at(daemon, { connect(server, $0, $1) }) == 0 else {
                close(client)
                close(server)
                continue
            }
            let ends = Mutex(2)
            let finish: @Sendable () -> Void = { [self] in
                let isLast = ends.withLock { left in
                    left -= 1
                    return left == 0
                }
                guard isLast else { return }
                open.withLock { _ = $0.remove(client) }
                close(client)
                close(server)
            }
            Thread {
                self.relay(from: client, to: server, isOutgoing: true)
                finish()
            }.start()
            Thread {
                self.relay(from: server, to: client, isOutgoing: false)
                finish()
            }.start()
        }
        close(listener)
    }

    private func relay(from source: Int32, to target: Int32, isOutgoing: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var isSession = false
        var passed = 0
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if passed == 0, isOutgoing {
                isSession = String(decoding: buffer[..<count], as: UTF8.self).contains("/session HTTP/1.1\r\n")
                if isSession { open.withLock { _ = $0.insert(source) } }
            }
            passed += count
            if isSession {
                if case .cut(let limit) = harm, passed > limit {
                    shutdown(source, Int32(SHUT_RDWR))
                    break
                }
                if case .stall(let limit) = harm, passed > limit {
                    var status = pollfd(fd: source, events: Self.peerClosed, revents: 0)
                    poll(&status, 1, -1)
                    break
                }
            }
            guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(target, Int32(SHUT_RDWR))
    }
}
