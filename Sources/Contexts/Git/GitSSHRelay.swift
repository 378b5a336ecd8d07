import CurlHTTP
import Glibc
import Synchronization

/// Stands between libgit2 and an ssh server, since libgit2 waits for a server for ever (before 1.7 nothing can be set). It
/// ends a conversation that is silent for too long, takes too long, or is no longer wanted; libgit2 sees a server that
/// hangs up.
final class GitSSHRelay: Sendable {
    /// The longest that neither side may say anything. While a server counts objects it says so every few seconds.
    private static let longestSilence = Duration.seconds(60)
    /// How often is looked whether somebody wants it to end, in milliseconds.
    private static let pause: CInt = 250

    /// On 127.0.0.1, for one connection.
    let port: UInt16
    private let listener: CInt
    private let server: CInt
    private let silence: Duration
    private let deadline: ContinuousClock.Instant
    private let reason = Mutex<String?>(nil)

    /// Connects to a server.
    ///
    /// - Parameter duration: the longest that all of it may take.
    /// - Throws: ``HTTPError/cannotConnect(origin:reason:)``, `CancellationError`.
    init(to address: SSHEndpoint, origin: String, duration: Duration) throws {
        let silence = min(Self.longestSilence, duration)
        self.silence = silence
        deadline = .now + duration
        let server = try Self.connect(to: address, origin: origin, until: .now + silence)
        do {
            (listener, port) = try Self.listen(origin)
        } catch {
            close(server)
            throw error
        }
        self.server = server
    }

    deinit {
        close(listener)
        close(server)
    }

    /// Why it ended the conversation; nil if it did not.
    var failure: String? { reason.withLock(\.self) }

    /// Passes on what both sides say until one of them hangs up. Blocks, and ends early in a canceled task.
    func run() {
        let connection = accepted()
        // Whoever else connects, or does so too late, is sent away: nobody would answer.
        shutdown(listener, CInt(SHUT_RDWR))
        guard let client = connection else { return }
        defer {
            // A child that was started meanwhile may have it as well.
            shutdown(client, CInt(SHUT_RDWR))
            close(client)
            shutdown(server, CInt(SHUT_RDWR))
        }
        var flows = [Flow(from: client, to: server), Flow(from: server, to: client)]
        var last = ContinuousClock.now
        while isWanted(since: last) {
            var events = [client, server].map { end in
                let isRead = flows.contains { $0.from == end && $0.isEmpty }
                let isWritten = flows.contains { $0.to == end && !$0.isEmpty }
                return pollfd(fd: end, events: Int16((isRead ? POLLIN : 0) | (isWritten ? POLLOUT : 0)), revents: 0)
            }
            poll(&events, nfds_t(events.count), Self.pause)
            for index in flows.indices {
                guard let hasMoved = flows[index].move() else { return }
                if hasMoved { last = .now }
            }
        }
    }

    private func isWanted(since last: ContinuousClock.Instant) -> Bool {
        if Task.isCancelled { return false }
        let now = ContinuousClock.now
        if now >= last + silence {
            reason.withLock { $0 = "it said nothing for \(silence)" }
        } else if now >= deadline {
            reason.withLock { $0 = "it took longer than is allowed" }
        } else {
            return true
        }
        return false
    }

    /// libgit2's connection; nil if none comes.
    private func accepted() -> CInt? {
        let start = ContinuousClock.now
        while isWanted(since: start) {
            var event = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            poll(&event, 1, Self.pause)
            let client = accept(listener, nil, nil)
            guard client < 0 else {
                _ = fcntl(client, F_SETFL, O_NONBLOCK)
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                return client
            }
        }
        return nil
    }

    // MARK: Sockets

    private static func makeSocket(_ family: CInt, _ origin: String) throws(HTTPError) -> CInt {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let made = socket(family, type, 0)
        guard made >= 0 else { throw failure(errno, origin) }
        return made
    }

    private static func failure(_ code: CInt, _ origin: String) -> HTTPError {
        .cannotConnect(origin: origin, reason: String(cString: strerror(code)))
    }

    private static func connect(
        to address: SSHEndpoint, origin: String, until deadline: ContinuousClock.Instant
    ) throws -> CInt {
        let made = try makeSocket(CInt(address.family), origin)
        do {
            let code = address.withAddress { Glibc.connect(made, $0, $1) }
            guard code == 0 || errno == EINPROGRESS else { throw failure(errno, origin) }
            while true {
                try Task.checkCancellation()
                var event = pollfd(fd: made, events: Int16(POLLOUT), revents: 0)
                if poll(&event, 1, pause) > 0 { break }
                guard ContinuousClock.now < deadline else { throw failure(ETIMEDOUT, origin) }
            }
            var status: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            getsockopt(made, SOL_SOCKET, SO_ERROR, &status, &length)
            guard status == 0 else { throw failure(status, origin) }
            return made
        } catch {
            close(made)
            throw error
        }
    }

    private static func listen(_ origin: String) throws(HTTPError) -> (CInt, UInt16) {
        let made = try makeSocket(AF_INET, origin)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(made, pointer, length) == 0 && Glibc.listen(made, 1) == 0
                    && getsockname(made, pointer, &length) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            close(made)
            throw failure(code, origin)
        }
        return (made, UInt16(bigEndian: address.sin_port))
    }

    /// What one side says to the other.
    private struct Flow {
        let from: CInt
        let to: CInt
        private var buffer = [UInt8](repeating: 0, count: 64 << 10)
        private var kept = 0..<0

        init(from: CInt, to: CInt) {
            self.from = from
            self.to = to
        }

        var isEmpty: Bool { kept.isEmpty }

        /// - Returns: whether there was something; nil once a side has hung up.
        mutating func move() -> Bool? {
            var hasMoved = false
            if kept.isEmpty {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0 else { return count < 0 && Self.isPassing(errno) ? false : nil }
                kept = 0..<count
                hasMoved = true
            }
            let count = buffer.withUnsafeBytes { bytes in
                send(to, bytes.baseAddress?.advanced(by: kept.lowerBound), kept.count, CInt(MSG_NOSIGNAL))
            }
            guard count >= 0 else { return Self.isPassing(errno) ? hasMoved : nil }
            kept = (kept.lowerBound + count)..<kept.upperBound
            return hasMoved || count > 0
        }

        private static func isPassing(_ code: CInt) -> Bool { code == EAGAIN || code == EINTR }
    }
}

/// An address of an ssh server, with its port.
struct SSHEndpoint {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    init(_ info: addrinfo) {
        length = min(info.ai_addrlen, socklen_t(MemoryLayout<sockaddr_storage>.size))
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: info.ai_addr, count: Int(length)))
        }
    }

    var family: sa_family_t { storage.ss_family }

    func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
