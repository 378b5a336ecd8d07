import Foundation
import Glibc
import Synchronization

/// An Engine API on a unix socket that answers what a test tells it to: for faults on cue, and for machines where no
/// daemon runs.
public final class EngineStub: Sendable {
    public struct Request: Sendable {
        public let method: String
        /// With its query, without the version.
        public let path: String
        /// Names in lower case.
        public let headers: [String: String]
    }

    public enum Action: Sendable {
        case send(String)
        /// Waits for something that another request does, say.
        case wait(@Sendable () -> Void)
        /// Says nothing more until the other side closes.
        case hang
    }

    /// `unix:///path`.
    public let endpoint: String
    private let path: String
    private let listener: Int32
    private let answer: @Sendable (Request) -> [Action]
    private let received = Mutex<[Request]>([])

    public var requests: [Request] { received.withLock { $0 } }

    /// Runs `use` while a stub answers each request with what `answer` gives; after the last action the connection is
    /// closed. `GET /_ping` is answered by the stub when `answer` gives nothing for it.
    @discardableResult
    public static func with<Result>(
        _ answer: @escaping @Sendable (Request) -> [Action], _ use: (EngineStub) async throws -> Result
    ) async throws -> Result {
        let stub = try EngineStub(answer)
        Thread { stub.serve() }.start()
        defer {
            shutdown(stub.listener, Int32(SHUT_RDWR))  // ends accept()
            unlink(stub.path)
        }
        return try await use(stub)
    }

    private init(_ answer: @escaping @Sendable (Request) -> [Action]) throws {
        self.answer = answer
        path = FileManager.default.temporaryDirectory.path + "/engine-\(UInt32.random(in: 0 ... .max)).sock"
        endpoint = "unix://" + path
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let (bound, listener) = (address, listener)
        let status = withUnsafeBytes(of: bound) { bytes in
            bind(listener, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        guard status == 0, listen(listener, 16) == 0 else { throw POSIXError(.EADDRINUSE) }
    }

    /// An answer with a body of known length.
    public static func response(_ status: Int, _ body: String, headers: [String: String] = [:]) -> Action {
        var text = "HTTP/1.1 \(status) Scripted\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return .send(text + "\r\n" + body)
    }

    /// The head of an answer whose body comes as ``chunk(_:)``s.
    public static let stream = Action.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")

    public static func chunk(_ text: String) -> Action {
        .send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
    }

    public static let lastChunk = Action.send("0\r\n\r\n")

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard connection >= 0 else { break }
            Thread { self.serve(connection) }.start()
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        guard let request = read(from: connection) else { return }
        received.withLock { $0.append(request) }
        var actions = answer(request)
        if actions.isEmpty, request.path == "/_ping" {
            actions = [
                Self.response(
                    200, "OK", headers: ["Api-Version": "1.41", "OSType": "linux", "Server": "Docker/20.10.24 (linux)"])
            ]
        }
        for action in actions {
            switch action {
            case .send(let text):
                let bytes = Array(text.utf8)
                guard Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
            case .wait(let block): block()
            case .hang:
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
            }
        }
    }

    /// Reads the head of a request, and its body if its end can be told.
    private func read(from connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        func more() -> Bool {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            bytes += buffer[..<count]
            return true
        }
        while bytes.firstRange(of: [13, 10, 13, 10]) == nil { guard more() else { return nil } }
        guard let end = bytes.firstRange(of: [13, 10, 13, 10]) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
        }
        bytes.removeSubrange(..<end.upperBound)
        if headers["transfer-encoding"] == "chunked" {
            let last: [UInt8] = Array("0\r\n\r\n".utf8)
            while bytes.suffix(last.count) != last[...] {
                bytes = Array(bytes.suffix(last.count))
                guard more() else { return nil }
            }
        } else if let length = headers["content-length"].flatMap(Int.init) {
            while bytes.count < length { guard more() else { return nil } }
        }
        let path = words[1].hasPrefix("/v1.") ? "/" + words[1].dropFirst().drop { $0 != "/" }.dropFirst() : words[1]
        return Request(method: words[0], path: path, headers: headers)
    }
}
